"""The images: pulled where that is possible, else small local ones in their place, made from Debian and the embedded jars."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stack.jars import fetch_jars
from stack.settings import load_settings
from tests.compose.engine import FOLDER, Engine
from tests.debian import pack_debian

DOCKERFILES = Path(__file__).parent / "images"
BASE = "debian:bookworm-slim"
LOCAL_PYTHON = "barograph-test/python:3.11"
PULLED_FIRST = "postgres:17.11-bookworm"
PULL_S = 60


@dataclass(frozen=True, slots=True)
class Images:
    """What replaces what, and why the official images could not be pulled; all empty where they could."""

    environment: dict[str, str]
    files: tuple[str, ...]
    local: tuple[str, ...]
    why: str


def the_images(engine: Engine) -> Images:
    """Pull the official images, or build those that stand in for them."""
    why = _why_not_pulled(engine)
    if not why:
        return Images({}, (), (), "")
    if not _has(engine, BASE):
        _import_base(engine)
    jars = load_settings().jars_dir
    fetch_jars(jars)
    _build(engine, LOCAL_PYTHON, "python", DOCKERFILES)
    _build(engine, "barograph-test/java", "java", DOCKERFILES)
    for name in ("postgres", "kafka", "cassandra"):
        _build(engine, f"barograph-test/{name}", name, jars / name)
    local = tuple(f"barograph-test/{name}" for name in ("postgres", "kafka", "cassandra", "python"))
    return Images({"BASE_IMAGE": LOCAL_PYTHON}, ("tests/compose/docker-compose.local.yml",), local, why)


def _why_not_pulled(engine: Engine) -> str:
    """What the engine says when it is asked for one of them; empty when it has it."""
    command = ["docker", "pull", "--quiet", PULLED_FIRST]
    environment = {**os.environ, **engine.environment}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PULL_S)
    except subprocess.TimeoutExpired:
        return f"{PULLED_FIRST}: not there after {PULL_S} s"
    return f"{PULLED_FIRST}: {done.stderr.strip()}" if done.returncode else ""


def _has(engine: Engine, image: str) -> bool:
    return bool(engine.docker("image", "ls", "--quiet", image).strip())


def _build(engine: Engine, tag: str, name: str, context: Path) -> None:
    engine.docker("build", "--quiet", "--tag", tag, "--file", str(DOCKERFILES / f"{name}.Dockerfile"), str(context))


def _import_base(engine: Engine) -> None:
    packed = FOLDER / "bookworm.tar"
    if not packed.exists():
        pack_debian(packed, "ca-certificates")
    engine.docker("import", "--change", 'CMD ["bash"]', str(packed), BASE)


def sizes(engine: Engine) -> list[str]:
    """Name and size of every image of ours or in use."""
    lines = engine.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}} {{.Size}}").splitlines()
    return sorted(line for line in lines if not line.startswith("<none>"))
