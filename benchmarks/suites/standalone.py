"""The same load on a Spark standalone master with two workers, beside local[*]: the same rows, and what it costs."""

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyspark

from benchmarks.processes import ProgramFailed
from benchmarks.stores import extracted
from benchmarks.suite import Contender, Scale
from benchmarks.suites.landing import run_load
from benchmarks.world import World

LOCAL: Final = "local[*]"
STANDALONE: Final = "standalone, two workers of one core"
START_TIMEOUT_S: Final = 60


@dataclass
class Standalone:
    """See the module."""

    name: str = "standalone"
    needs_airflow: bool = False

    def contenders(self, world: World, scale: Scale) -> Sequence[Contender]:
        """The load of `scale.rows_beside`, which must land the same rows (`submit_load`); a quick run has landed them before."""

        def run_standalone(_: int) -> Mapping[str, float]:
            with cluster(world) as master:
                options = ("--master", master, "--executor-memory", "1g", "--conf", "spark.driver.host=127.0.0.1")
                return run_load(world, scale.rows_beside, STANDALONE, *options)

        rows = sum(attempt.chunk.asked for attempt in extracted(world, scale.rows_beside))
        both = [
            Contender(STANDALONE, rows, run_standalone),
            Contender(LOCAL, rows, lambda _: run_load(world, scale.rows_beside, LOCAL)),
        ]
        return both[: scale.choices]


@contextmanager
def cluster(world: World) -> Iterator[str]:
    """A master and two workers with one core each on 127.0.0.1; the master's address.

    Raises:
        ProgramFailed: they are not there after a minute.
    """
    port, folder = _free_port(), world.side.folder / "bench/spark"
    master = f"spark://127.0.0.1:{port}"
    common = ["--host", "127.0.0.1", "--webui-port", "0"]
    with ExitStack() as running:
        _start(running, world, "master", ["org.apache.spark.deploy.master.Master", *common, "--port", str(port)])
        for number in (1, 2):
            worker = ["org.apache.spark.deploy.worker.Worker", *common, "--cores", "1", "--memory", "1g"]
            _start(running, world, f"worker {number}", [*worker, "--work-dir", str(folder / f"worker-{number}"), master])
        for number in (1, 2):
            _await(world.log(f"worker {number}"), "Successfully registered")
        yield master


def _start(running: ExitStack, world: World, name: str, program: Sequence[str]) -> None:
    home = Path(pyspark.__file__).parent
    log = world.log(name)
    log.parent.mkdir(exist_ok=True)
    output = running.enter_context(log.open("w"))
    environment = world.environment | {
        "SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "512m", "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1",
    }  # fmt: skip
    process = subprocess.Popen([str(home / "bin/spark-class"), *program], env=environment, stdout=output, stderr=output)
    running.callback(process.wait)
    running.callback(process.terminate)


def _await(log: Path, words: str) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while words not in log.read_text(encoding="utf-8", errors="replace"):
        if time.monotonic() > until:
            raise ProgramFailed(f"{log.stem} did not start:\n{log.read_text(encoding='utf-8')[-1000:]}")
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
