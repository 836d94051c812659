"""A Docker engine to test with: the one that is there, or Debian's, started here with folders of its own and stopped again."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.commands import CannotRunError, ensure_programs, run

COMPOSE = "v2.40.3"
FOLDER = Path(os.environ.get("COMPOSE_TEST_FOLDER") or Path.home() / ".cache/barograph/compose")
"""The engine's images, the base and the Compose binary stay here, so that a second run is quick. It may be deleted."""


@dataclass(frozen=True, slots=True)
class Engine:
    """`environment` is what `docker` and `docker compose` find it by."""

    environment: dict[str, str]
    what: str

    def docker(self, *arguments: str) -> str:
        """`docker ARGUMENTS`."""
        return run("docker", *arguments, **self.environment)


@contextmanager
def an_engine() -> Iterator[Engine]:
    """The engine that `docker` finds, else one of our own for as long as this lasts.

    Raises:
        CannotRunError: there is none, and none can be installed.
    """
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if _version(host):
        yield Engine(_environment(host), f"docker {_version(host)}, already running")
        return
    _install_engine()
    with _own_daemon() as own:
        yield Engine(_environment(own), f"dockerd {_version(own)} of Debian, started for this test")


def _version(host: str) -> str:
    if not shutil.which("docker"):
        return ""
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    done = subprocess.run(command, env={**os.environ, "DOCKER_HOST": host}, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def _install_engine() -> None:
    if os.geteuid() != 0:
        raise CannotRunError("no Docker engine answers, and one of our own needs root: start Docker, or run this as root")
    ensure_programs({"dockerd": "docker.io", "docker": "docker.io", "debootstrap": "debootstrap"})


@contextmanager
def _own_daemon() -> Iterator[str]:
    folder = FOLDER / "engine"
    folder.mkdir(parents=True, exist_ok=True)
    host = f"unix://{folder}/docker.sock"
    (folder / "daemon.json").write_text("{}")
    options = {"data-root": "data", "exec-root": "exec", "pidfile": "dockerd.pid", "config-file": "daemon.json"}
    command = ["dockerd", "--host", host, *(f"--{name}={folder / path}" for name, path in options.items())]
    with (folder / "dockerd.log").open("w") as log:
        daemon = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while not _version(host):
            if daemon.poll() is not None or time.monotonic() > until:
                raise CannotRunError(f"dockerd did not start: the end of {folder / 'dockerd.log'} says why")
            time.sleep(0.5)
        yield host
    finally:
        daemon.terminate()
        daemon.wait(timeout=60)


def _environment(host: str) -> dict[str, str]:
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return {"DOCKER_HOST": host}
    plugin = FOLDER / f"docker-{COMPOSE}/cli-plugins/docker-compose"
    if not plugin.exists():
        _build_compose(plugin)
    return {"DOCKER_HOST": host, "DOCKER_CONFIG": str(plugin.parents[1]), "DOCKER_BUILDKIT": "0"}  # no buildx beside it


def _build_compose(binary: Path) -> None:
    """From its Go module: 2 minutes of two cores, once."""
    if not shutil.which("go"):
        raise CannotRunError("`docker compose` is not there, and building it needs Go 1.24: install either")
    binary.parent.mkdir(parents=True, exist_ok=True)
    module = "github.com/docker/compose/v2"
    run("go", "mod", "download", f"{module}@{COMPOSE}")
    sources = Path(run("go", "env", "GOMODCACHE").strip()) / f"{module}@{COMPOSE}"
    flags = f"-s -w -X {module}/internal.Version={COMPOSE}"
    run("go", "-C", str(sources), "build", "-trimpath", "-ldflags", flags, "-o", str(binary), "./cmd", CGO_ENABLED="0")
