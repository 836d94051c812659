"""docker-compose.yml brought up as a project of its own: free ports, no .env, the stand-in's weather, two Spark workers."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values

from stack.airflow_api import AirflowClient
from stack.settings import REPOSITORY
from tests.compose.engine import FOLDER, Engine
from tests.compose.images import Images

PROJECT = "barograph-test"
HEALTHY_S = 300
TABLES = ("hourlydata", "dailydata")


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the project; `health` is "healthy", or Docker's word for what it is instead."""

    name: str
    service: str
    pid: int
    health: str
    started: str


@dataclass
class Platform:
    """The project, and what is done to it."""

    engine: Engine
    images: Images
    env_file: Path
    port: int
    kafka_port: int
    said: list[str] = field(default_factory=list)
    """What the report at the end shows."""
    given: dict[str, str] = field(default_factory=dict)
    """Settings by their names, beyond those that every test here needs."""

    @property
    def environment(self) -> dict[str, str]:
        """What the project is configured with; no .env of the repository is read."""
        files = ["docker-compose.yml", *self.images.files]
        compose = {"COMPOSE_PROJECT_NAME": PROJECT, "COMPOSE_FILE": ":".join(str(REPOSITORY / file) for file in files)}
        ports = {"AIRFLOW_PORT": str(self.port), "KAFKA_PUBLIC_PORT": str(self.kafka_port)}
        own = {"ENV_FILE": str(self.env_file), "COMPOSE_ENV_FILES": str(self.env_file), "SPARK_WORKERS": "2"}
        return {**os.environ, **compose, **ports, **own, **self.engine.environment, **self.images.environment, **self.given}

    def compose(self, *arguments: str, timeout_s: int = 1800) -> str:
        """What `docker compose ARGUMENTS` printed; an AssertionError when it failed, with the containers' logs."""
        return self.run("docker", "compose", *arguments, timeout_s=timeout_s)

    def run(self, *command: str, timeout_s: int = 1800) -> str:
        """The same for any command, with the project's environment."""
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=REPOSITORY,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
        )
        if done.returncode:
            logs = "" if "logs" in command else self.compose("logs", "--tail", "20")
            raise AssertionError(f"{command}: {done.returncode}\n{done.stderr[-4000:]}\n{done.stdout}\n{logs[-9000:]}")
        return done.stdout

    def up(self, **given: str) -> float:
        """Everything is healthy and the first run is done afterwards, `given` being set; the seconds that took."""
        self.given |= given
        began = time.monotonic()
        self.compose("up", "--detach", "--wait", "--wait-timeout", "900")
        return time.monotonic() - began

    def containers(self) -> list[Container]:
        """Those that run."""
        found = []
        for name in self.compose("ps", "--format", "{{.Name}}").split():
            one = json.loads(self.engine.docker("inspect", name))[0]
            state, service = one["State"], one["Config"]["Labels"]["com.docker.compose.service"]
            health = state.get("Health", {}).get("Status", state["Status"])
            found.append(Container(name, service, state["Pid"], health, state["StartedAt"]))
        return found

    def await_healthy(self, again: str = "", before: str = "") -> float:
        """Every container is healthy, `again` having started anew since `before`; the seconds that took."""
        began = time.monotonic()
        while True:
            now = self.containers()
            is_back = not again or any(one.name == again and one.started > before for one in now)
            if is_back and now and all(one.health == "healthy" for one in now):
                return time.monotonic() - began
            assert time.monotonic() - began < HEALTHY_S, [one for one in now if one.health != "healthy"] or f"{again} is away"
            time.sleep(1)

    def rows(self) -> dict[str, list[str]]:
        """Every row of the weather tables as JSON, by cqlsh with the login of those who only read."""
        cqlsh = ["exec", "-T", "airflow-scheduler", "./startup.sh", "cqlsh", "-e"]
        return {table: read_json(self.compose(*cqlsh, every_row(table))) for table in TABLES}

    def secret_file(self, path: str) -> str:
        """A file of the volume with secrets."""
        return self.compose("exec", "-T", "airflow-scheduler", "cat", f"/run/barograph/secrets/{path}")

    def airflow(self) -> AirflowClient:
        """Its Airflow, with the generated login."""
        secrets = dotenv_values(stream=StringIO(self.secret_file("env")))
        return AirflowClient(f"http://127.0.0.1:{self.port}", str(secrets["AIRFLOW_ADMIN_PASSWORD"]))


def every_row(table: str) -> str:
    """What cqlsh is asked."""
    return f"PAGING OFF; SELECT JSON * FROM analytics.{table}"


def read_json(printed: str) -> list[str]:
    """The rows that cqlsh printed, sorted."""
    return sorted(line.strip() for line in printed.splitlines() if line.strip().startswith("{"))


@contextmanager
def a_platform(engine: Engine, images: Images) -> Iterator[Platform]:
    """The project, built; nothing of it is left afterwards."""
    env_file = FOLDER / "test.env"
    shutil.copy(REPOSITORY / ".env.example", env_file)
    platform = Platform(engine, images, env_file, _free_port(), _free_port())
    platform.compose("down", "--volumes", "--remove-orphans")
    try:
        yield platform
    finally:
        if "KEEP_COMPOSE" not in os.environ:
            platform.compose("down", "--volumes", "--remove-orphans")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
