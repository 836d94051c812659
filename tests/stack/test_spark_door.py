"""Spark's ports: a cluster of the stack's own commands, a local load, and strangers at both."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import psutil
import pytest

from stack.environment import client_environment
from stack.logins import make_logins, password
from stack.settings import COMPOSE_MASTER, REPOSITORY, StackSettings
from stack.spark import master_command, worker_command
from tests.stack.conftest import MakeSettings

BIN: Final = REPOSITORY / ".venv/bin"
WAIT_S: Final = 240
JOB: Final = """
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.config("spark.ui.enabled", "false").getOrCreate()
print("driver port", spark.conf.get("spark.driver.port"), flush=True)
print("groups", spark.range(1000, numPartitions=4).selectExpr("id % 7 k").groupBy("k").count().count(), flush=True)
sys.stdin.read()
spark.stop()
"""
REFUSED: Final = "Expected SaslMessage, received something else"
"""What a server of Spark answers to who does not know its secret."""


def defaults_of(settings: StackSettings) -> str:
    """What Spark reads."""
    make_logins(settings)
    assert settings.spark_properties
    assert settings.spark_properties.stat().st_mode & 0o077 == 0
    return settings.spark_properties.read_text(encoding="utf-8")


def test_loads_here_and_in_containers_share_a_generated_secret(make_settings: MakeSettings) -> None:
    here, there = defaults_of(make_settings()), defaults_of(make_settings(SPARK_MASTER=COMPOSE_MASTER))
    assert here == there
    names = [line.split("=")[0] for line in here.splitlines()]
    assert names == ["spark.authenticate", "spark.authenticate.secret", "spark.network.crypto.enabled"]


def test_a_cluster_of_the_users_own_is_given_its_secret_or_none(make_settings: MakeSettings) -> None:
    assert defaults_of(make_settings(SPARK_MASTER="spark://mine:7077")) == ""
    text = defaults_of(make_settings(SPARK_MASTER="spark://mine:7077", SPARK_SECRET="a\\b=c#d:e ü"))  # noqa: S106 (made up)
    assert "spark.authenticate.secret=a\\\\b=c#d:e ü\n" in text


class Running:
    """A program of Spark, what it prints kept in a file."""

    def __init__(self, log: Path, command: list[str], environment: Mapping[str, str]) -> None:
        self.log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
            )

    def text(self) -> str:
        """What it has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, *words: str) -> str:
        """Wait until it has printed one of `words`; which one."""
        until = time.monotonic() + WAIT_S
        while not (found := [word for word in words if word in self.text()]):
            assert time.monotonic() < until, self.text()[-3000:]
            time.sleep(0.3)
        return found[0]

    def end(self) -> None:
        """End it, and what it started."""
        if self.process.stdin:
            self.process.stdin.close()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def running(tmp_path: Path) -> Iterator["Start"]:
    """Starts programs, and ends them."""
    with ExitStack() as ends:
        yield Start(tmp_path, ends)


class Start:
    """See `running`."""

    def __init__(self, folder: Path, ends: ExitStack) -> None:
        self.folder, self._ends = folder, ends

    def __call__(self, name: str, command: list[str], environment: Mapping[str, str]) -> Running:
        program = Running(self.folder / f"{name}.log", command, environment)
        self._ends.callback(program.end)
        return program

    def job(self, name: str, settings: StackSettings, environment: Mapping[str, str]) -> Running:
        """A job at the master of `settings`, with the secret that they name; it waits at its end."""
        path = self.folder / "job.py"
        path.write_text(JOB)
        conf = ("--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.executor.memory=512m")
        secret = ("--properties-file", str(settings.spark_properties))
        return self(name, [str(BIN / "spark-submit"), "--master", settings.spark_master, *conf, *secret, str(path)], environment)


@pytest.fixture
def environment(make_settings: MakeSettings) -> Mapping[str, str]:
    """That of the stack's programs; the secret is not in it."""
    settings = make_settings()
    make_logins(settings)
    return client_environment(settings)


def as_stranger(settings: StackSettings, folder: Path) -> StackSettings:
    """The same as somebody has it who may use the machine, and not the stack's files."""
    empty = folder / "strangers.conf"
    empty.touch()
    return settings.model_copy(update={"spark_properties": empty})


@pytest.mark.spark
@pytest.mark.timeout(900)
def test_a_local_load_speaks_with_no_one_who_has_not_its_secret(
    running: Start, environment: Mapping[str, str], make_settings: MakeSettings
) -> None:
    job = running.job("job", make_settings(SPARK_MASTER="local[2]"), environment)
    job.wait_for("groups 7")
    port = job.text().split("driver port ")[1].split()[0]
    address = ("--driver-url", f"spark://CoarseGrainedScheduler@127.0.0.1:{port}", "--hostname", "127.0.0.1")
    asks = ("--executor-id", "1", "--cores", "1", "--app-id", "x", "--resourceProfileId", "0")
    executor = [str(BIN / "spark-class"), "org.apache.spark.executor.CoarseGrainedExecutorBackend", *address, *asks]
    stranger = running("stranger", executor, environment)
    assert stranger.wait_for(REFUSED, "Cannot find endpoint") == REFUSED


@pytest.mark.spark
@pytest.mark.timeout(900)
def test_a_cluster_takes_jobs_and_workers_with_the_secret_and_no_others(
    running: Start, environment: Mapping[str, str], make_settings: MakeSettings
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"spark://127.0.0.1:{free.getsockname()[1]}"
    settings = make_settings(SPARK_MASTER=address)
    strange = as_stranger(settings, running.folder)
    master = running("master", master_command(settings), environment)
    master.wait_for("I have been elected leader")
    worker = running("worker", worker_command(settings), environment)
    worker.wait_for("Successfully registered")
    assert running.job("job", settings, environment).wait_for("groups 7", "ERROR") == "groups 7"
    assert shown_arguments(password(settings, "spark", "secret")) == []
    strange_job = running.job("strange-job", strange, environment)
    strange_worker = running("strange-worker", worker_command(strange), environment)
    assert strange_job.wait_for(REFUSED, "groups 7") == REFUSED
    assert strange_worker.wait_for(REFUSED, "Successfully registered") == REFUSED
    assert pages_of(master, worker) == {"127.0.0.1"}


def shown_arguments(secret: str) -> list[str]:
    """Processes whose arguments show it."""
    return [one.name() for one in psutil.process_iter(["cmdline"]) if secret in " ".join(one.info["cmdline"] or [])]


def pages_of(*programs: Running) -> set[str]:
    """The addresses at which the pages of programs listen."""
    found = [re.search(r"service '(?:Master|Worker)UI' on port (\d+)", program.text()) for program in programs]
    ports = {int(match[1]) for match in found if match}
    assert len(ports) == len(programs)
    sockets = [one.laddr for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN and one.laddr]
    return {address.ip.removeprefix("::ffff:") for address in sockets if address.port in ports}
