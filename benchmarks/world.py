"""The stack that the contenders are measured on: a side stack with the benchmark's own tables, topics and attempts."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
from cassandra.cluster import Session
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource

from barograph.model.attempt import Attempt
from barograph.model.unit import Unit
from barograph.settings import Settings
from barograph.store.ledger import Ledger
from barograph.store.schema import add_columns, create_schema
from barograph.transport.delivery import DEFAULTS, REQUIRED, Delivery
from barograph.transport.record import encode, headers
from barograph.transport.topics import create_topics, topic_id
from benchmarks import rows
from benchmarks.processes import ProgramFailed, Roles
from stack.airflow_api import ENDED
from stack.environment import client_environment
from stack.settings import REPOSITORY
from stack.side_stack import SideStack
from stack.supervision import Supervisor

TIMEOUT_S: Final = 120
LOOK_EVERY_S: Final = 0.2


@dataclass
class World:
    """A running stack, and what was prepared on it once for all rounds."""

    side: SideStack
    session: Session
    attempts: dict[int, list[Attempt]] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The stack's settings, with the jars that Spark loads."""
        return self.side.settings.model_copy(update={"spark_jars_dir": str(self.side.settings.jars_dir / "spark")})

    @property
    def environment(self) -> dict[str, str]:
        """What contenders' processes find in their environment."""
        return client_environment(self.side.settings) | {"PYTHONPATH": str(REPOSITORY), "OPEN_METEO_MODE": "standin"}

    @property
    def ledger(self) -> Ledger:
        """The stack's ledger."""
        return Ledger(self.session, self.settings.cassandra_keyspace)

    def services(self) -> Roles:
        """The services' processes by name."""
        states = Supervisor(self.side.settings).states()
        return {name: [psutil.Process(pid)] for name, (_, pid) in states.items() if pid and psutil.pid_exists(pid)}

    def log(self, name: str) -> Path:
        """Where the output of a contender goes."""
        return self.side.folder / "bench" / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.log"

    def extracted(self, count: int, *, is_emptied: bool = True) -> list[Attempt]:
        """Attempts of at least `count` observations whose records wait in Kafka, made once; EXTRACTED again at each call.

        The table is emptied, unless `is_emptied` says otherwise.
        """
        if count not in self.attempts:
            self.attempts[count] = self.send(rows.units_of(count, f"bench/rows-{count}", self.settings))
            add_columns(self.session, self.settings, "hourly", rows.VARIABLES)
        for attempt in self.attempts[count]:
            if attempt.manifest:
                self.ledger.mark_extracted(attempt, attempt.manifest)
        if is_emptied:
            self.truncate(self.settings.hourly_sink_table)
        return self.attempts[count]

    def send(self, units: Sequence[Unit]) -> list[Attempt]:
        """Attempts at `units`, their records in Kafka, as a produce task leaves them."""
        servers, topic = self.settings.kafka_bootstrap_servers, self.settings.hourly_data_topic
        producer = Producer({"bootstrap.servers": servers, **DEFAULTS, **REQUIRED})
        known_id, attempt_ids = topic_id(servers, topic), []
        for unit in units:
            attempt = self.ledger.open(unit, dag_run="benchmark", task="benchmark")
            delivery = Delivery(producer, topic, known_id, headers(attempt))
            for observation in rows.observations_of([unit]):
                delivery.add(*encode(observation))
            self.ledger.mark_extracted(attempt, delivery.flush(TIMEOUT_S))
            attempt_ids.append(attempt.attempt_id)
        return self.ledger.get(attempt_ids)

    def truncate(self, *tables: str) -> None:
        """Empty `tables`; nothing of them is kept on disk, so that rounds do not fill it."""
        for table in tables:
            name = f"{self.settings.cassandra_keyspace}.{table}"
            self.session.execute(f"ALTER TABLE {name} WITH allow_auto_snapshot = false")
            self.session.execute(f"TRUNCATE {name}", timeout=TIMEOUT_S)

    def table_like_ours(self, name: str) -> str:
        """An empty table `name` of hourlydata's shape, for a contender that writes by itself."""
        settings = self.settings.model_copy(update={"hourly_sink_table": name})
        create_schema(self.session, settings)
        add_columns(self.session, settings, "hourly", rows.VARIABLES)
        self.truncate(name)
        return name

    def fresh_topic(self, name: str, compression: str = "lz4") -> str:
        """An empty topic made as barograph makes its own; `compression` is the topic's."""
        create_topics(self.settings.kafka_bootstrap_servers, [name])
        resource = ConfigResource(ConfigResource.Type.TOPIC, name, {"compression.type": compression})
        admin = AdminClient(self._kafka)
        admin.alter_configs([resource])[resource].result(TIMEOUT_S)
        return name

    def drop_topic(self, name: str) -> None:
        """Give its disk back."""
        admin, until = AdminClient(self._kafka), time.monotonic() + TIMEOUT_S
        admin.delete_topics([name])[name].result(TIMEOUT_S)
        while name in admin.list_topics(timeout=TIMEOUT_S).topics and time.monotonic() < until:
            time.sleep(0.2)

    @property
    def _kafka(self) -> dict[str, str | int | float | bool]:
        return {"bootstrap.servers": self.settings.kafka_bootstrap_servers, "log_level": 4}  # its farewell (6) is of no use

    def add_dag(self, dag_id: str, file: Path) -> None:
        """Let the stack's Airflow find the DAG of `file`, and wait until it has.

        Raises:
            ProgramFailed: it has not after two minutes.
        """
        (self.dags_dir / file.name).write_bytes(file.read_bytes())
        until = time.monotonic() + TIMEOUT_S
        while dag_id not in self.side.airflow.dag_ids():
            if time.monotonic() > until:
                raise ProgramFailed(f"Airflow does not find {dag_id}: {self.side.airflow.import_errors()}")
            time.sleep(1)
        self.side.airflow.unpause(dag_id)

    @property
    def dags_dir(self) -> Path:
        """The folder of the stack's DAGs: the project's, and the benchmark's own."""
        return self.side.folder / "dags"

    def run_dag(self, dag_id: str, conf: Mapping[str, object], timeout_s: float) -> tuple[float, list[str]]:
        """Seconds from the trigger to the end of the run, and the lines of its tasks' logs.

        Raises:
            ProgramFailed: the run is not green; holds the end of the logs.
        """
        with self.side.airflow as airflow:
            began = time.monotonic()
            run_id = airflow.trigger(dag_id, conf)
            while (state := airflow.run(dag_id, run_id).state) not in ENDED and time.monotonic() - began < timeout_s:
                time.sleep(LOOK_EVERY_S)
            seconds = time.monotonic() - began
            tasks = [task for task in airflow.tasks(dag_id, run_id) if task.state in {"success", "failed"}]
            logs = [line for task in tasks for line in airflow.task_log(dag_id, run_id, task.task_id, task.try_number)]
        if state != "success":
            raise ProgramFailed(f"{dag_id} {run_id} is {state}:\n" + "\n".join(logs[-30:]))
        return seconds, logs

    def nodetool(self, *arguments: str) -> None:
        """One of Cassandra's own commands."""
        jars = self.side.settings.jars_dir / "cassandra"
        tool = [
            "java",
            "-cp",
            f"{jars}/*",
            "org.apache.cassandra.tools.NodeTool",
            "-p",
            str(self.side.settings.cassandra_jmx_port),
        ]
        done = subprocess.run([*tool, *arguments], env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ProgramFailed(f"nodetool {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")


@contextmanager
def open_world(*, with_airflow: bool) -> Iterator[World]:
    """A fresh stack, removed at the end: Kafka and Cassandra alone, or everything with the stand-in's weather.

    Raises:
        ProgramFailed: it did not start; holds what it said.
    """
    side = SideStack("bench", DAGS_DIR=".stack-bench/dags", STANDIN_CONTROL="0")
    side.prepare()
    try:
        _link_dags(side)
        started = side.run("--offline") if with_airflow else _start_stores(side)
        if started.returncode:
            raise ProgramFailed(started.stdout + started.stderr)
        with side.cassandra() as session:
            yield World(side, session)
    finally:
        side.remove()


def _link_dags(side: SideStack) -> None:
    (side.folder / "dags").mkdir()
    for file in (REPOSITORY / "dags").glob("*.py"):
        (side.folder / "dags" / file.name).symlink_to(file)


def _start_stores(side: SideStack) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.programs.start_stores"]
    environment = side.environment | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def size_bytes(folder: Path) -> int:
    """What the files in `folder` take on disk."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def forget(folder: Path) -> None:
    """Delete a folder of a contender, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)
