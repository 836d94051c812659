"""Worlds for the scenarios, and the rows they end with."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stack.side_stack import SideStack
from tests.failure.driver import PROCESSES, Driver, Task
from tests.failure.report import describe
from tests.failure.world import Row, World, make_environment

ROWS = pytest.StashKey[list[Row]]()


def pytest_configure(config: pytest.Config) -> None:
    """Rows are collected over the session."""
    config.stash[ROWS] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what each scenario came to."""
    rows = config.stash[ROWS]
    for line in describe(rows):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def environment(side: SideStack) -> dict[str, str]:
    """The tasks' environment; their processes are forked from one that has imported everything."""
    environment = make_environment(side)
    Path(environment["AIRFLOW_HOME"]).mkdir(exist_ok=True)
    PROCESSES.set_forkserver_preload(["tests.failure.tasks"])
    return environment


@pytest.fixture(scope="session")
def spare() -> Iterator[list[Task]]:
    """Load processes that go from scenario to scenario: each costs the start of a JVM."""
    idle: list[Task] = []
    yield idle
    for task in idle:
        task.kill()


@pytest.fixture
def make_world(side: SideStack, environment: dict[str, str], spare: list[Task]) -> Callable[[int], World]:
    """A world for a seed."""

    def make(seed: int) -> World:
        rng = random.Random(seed)  # noqa: S311  # a seeded order of events
        return World(side, seed, environment, Driver(environment, spare=spare), rng)

    return make


@pytest.fixture
def keep_row(request: pytest.FixtureRequest) -> Callable[[Row], None]:
    """Keep a row for the summary."""
    return request.config.stash[ROWS].append
