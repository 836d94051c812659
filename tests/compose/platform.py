"""docker-compose.yml brought up as a project of its own: free ports, no .env, the stand-in's weather, two Spark workers."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from stack.airflow_api import AirflowClient
from stack.settings import REPOSITORY
from tests.compose.engine import Engine
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
    port: int
    said: list[str] = field(default_factory=list)
    """What the report at the end shows."""

    def compose(self, *arguments: str, timeout_s: int = 1800) -> str:
        """`docker compose ARGUMENTS`; an AssertionError with what it said when it failed."""
        files = ["docker-compose.yml", *self.images.files]
        command = [*self.engine.compose, "--project-name", PROJECT, "--project-directory", str(REPOSITORY)]
        command += ["--env-file", os.devnull, *(part for file in files for part in ("--file", str(REPOSITORY / file)))]
        done = subprocess.run(
            [*command, *arguments],
            env={**self.environment, "DOCKER_HOST": self.engine.host},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        if done.returncode:
            last = (arguments[0] == "up" and self.compose("logs", "--tail", "20")) or ""
            raise AssertionError(f"docker compose {' '.join(arguments)}: {done.returncode}\n{done.stderr[-4000:]}\n{last}")
        return done.stdout

    @property
    def environment(self) -> dict[str, str]:
        """What the project is configured with."""
        own = {"OPEN_METEO_MODE": "standin", "COMPOSE_PROFILES": "standin", "SPARK_WORKERS": "2", "AIRFLOW_PORT": str(self.port)}
        return {**os.environ, **own, "KAFKA_PUBLIC_PORT": str(_free_port()), "DOCKER_BUILDKIT": "0", **self.images.environment}

    def up(self) -> float:
        """Everything is healthy and the first run is done afterwards; the seconds that took."""
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
        """Every row of the weather tables as JSON, by cqlsh in Cassandra's container."""
        return {table: read_json(self.compose("exec", "-T", "cassandra_db", "cqlsh", "-e", every_row(table))) for table in TABLES}

    def airflow(self) -> AirflowClient:
        """Its Airflow, with the generated login."""
        lines = self.compose("exec", "-T", "airflow-apiserver", "cat", "/run/barograph/secrets/env").splitlines()
        secrets = dict(line.split("=", 1) for line in lines if "=" in line)
        return AirflowClient(f"http://127.0.0.1:{self.port}", secrets["AIRFLOW_ADMIN_PASSWORD"])


def every_row(table: str) -> str:
    """What cqlsh is asked."""
    return f"PAGING OFF; SELECT JSON * FROM analytics.{table}"


def read_json(printed: str) -> list[str]:
    """The rows that cqlsh printed, sorted."""
    return sorted(line.strip() for line in printed.splitlines() if line.strip().startswith("{"))


@contextmanager
def a_platform(engine: Engine, images: Images) -> Iterator[Platform]:
    """The project, built; nothing of it is left afterwards."""
    platform = Platform(engine, images, _free_port())
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
