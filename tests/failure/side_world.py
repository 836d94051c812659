"""Worlds on services of a scenario's own: other disks, other addresses, several nodes."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stack.side_services import SideServices
from tests.failure.driver import PROCESSES, Driver, Task
from tests.failure.world import World, make_environment

SMALL = {"KAFKA_HEAP": "256m", "CASSANDRA_HEAP": "512m"}
"""Heaps that are enough for a few days of weather."""


def world_on(side: SideServices, seed: int, spare: list[Task], **others: str) -> World:
    """A world on running services; `others` are names in the tasks' environment that differ from the services' own.

    `spare`: see `Driver`.
    """
    environment = make_environment(side) | others
    Path(environment["AIRFLOW_HOME"]).mkdir(exist_ok=True)
    PROCESSES.set_forkserver_preload(["tests.failure.tasks"])
    rng = random.Random(seed)  # noqa: S311  # a seeded order of events
    return World(side, seed, environment, Driver(environment, spare=spare), rng)


@contextmanager
def spare_loaders() -> Iterator[list[Task]]:
    """Load processes that go from one world on the same services to the next; ended at the end."""
    idle: list[Task] = []
    try:
        yield idle
    finally:
        for task in idle:
            task.kill()


def must_or_skip(problem: str) -> None:
    """Say why a scenario cannot run here: skipped on a laptop, failed in CI, where everything must run."""
    if problem:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(problem)
