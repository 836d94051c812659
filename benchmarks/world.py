"""The stack that the contenders are measured on."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Literal

import psutil
from cassandra.cluster import Session

from barograph.model.attempt import Attempt
from barograph.setting_rules import UNLIMITED
from barograph.settings import Settings
from barograph.store.ledger import Ledger
from barograph.store.store import Store
from benchmarks.processes import ProgramFailed, Roles
from stack.environment import barograph_environment
from stack.settings import REPOSITORY
from stack.side_stack import SideStack
from stack.supervision import Supervisor

TIMEOUT_S: Final = 120
EMPTY_DAG: Final = REPOSITORY / "benchmarks/programs/empty_dag.py"
TOPIC: Final = "benchmark"
"""What is sent without being loaded. It is a topic of the settings, so that the user of produce tasks may write to it."""
GIVEN: Final = {"STANDIN_CONTROL": "0", "API_QUOTA": UNLIMITED, "INSTANT_DATA_TOPIC": TOPIC}
"""Settings of every stack that is measured."""


@dataclass
class World:
    """A running stack, and what was prepared on it once for all rounds."""

    side: SideStack
    session: Session
    attempts: dict[int, list[Attempt]] = field(default_factory=dict)
    ledger_rows: dict[int, list[str]] = field(default_factory=dict)
    row_digests: dict[tuple[str, ...], list[Mapping[date, int]]] = field(default_factory=dict)
    """What the first load of these attempts landed: every other must land the same."""
    ending: ExitStack = field(default_factory=ExitStack)
    """What a suite started for itself, and is to end with it."""

    @property
    def settings(self) -> Settings:
        """The stack's settings."""
        return self.side.settings

    @property
    def environment(self) -> dict[str, str]:
        """What contenders' processes find in their environment."""
        return barograph_environment(self.side.settings) | {"PYTHONPATH": str(REPOSITORY), "OPEN_METEO_MODE": "standin"}

    @property
    def ledger(self) -> Ledger:
        """The stack's ledger."""
        return Store(self.session, self.settings).ledger

    def services(self) -> Roles:
        """The services' processes by name."""
        states = Supervisor(self.side.settings).states()
        return {name: [psutil.Process(pid)] for name, (_, pid) in states.items() if pid and psutil.pid_exists(pid)}

    def log(self, name: str) -> Path:
        """Where the output of a contender goes."""
        return self.side.folder / "bench" / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.log"


@contextmanager
def open_world(*, with_airflow: bool) -> Iterator[World]:
    """A fresh stack, removed at the end: Kafka and Cassandra alone, or everything with the stand-in's weather.

    Raises:
        ProgramFailed: it did not start; holds what it said.
    """
    side = SideStack("bench", DAGS_DIR=".stack-bench/dags", **GIVEN)
    with start_services(side, "all" if with_airflow else "stores") as world:
        yield world


@contextmanager
def start_services(side: SideStack, which: Literal["all", "stores", "stores-without-logins"]) -> Iterator[World]:
    """A fresh stack in the folder of `side`, removed at the end; `which` as benchmarks/programs/start_services.py has it.

    Raises:
        ProgramFailed: it did not start; holds what it said.
    """
    side.prepare()
    try:
        _link_dags(side)
        started = _run_start(side, which)
        if started.returncode:
            raise ProgramFailed(started.stdout + started.stderr)
        with side.cassandra() as session:
            yield World(side, session)
    finally:
        side.remove()


def _link_dags(side: SideStack) -> None:
    (side.folder / "dags").mkdir()
    for file in (*(REPOSITORY / "dags").glob("*.py"), EMPTY_DAG):
        (side.folder / "dags" / file.name).symlink_to(file)


def _run_start(side: SideStack, which: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.programs.start_services", which]
    environment = side.environment | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def size_bytes(folder: Path) -> int:
    """What the files in `folder` take on disk."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def forget(folder: Path) -> None:
    """Delete a folder of a contender, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)
