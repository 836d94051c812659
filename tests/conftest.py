"""The stack that integration tests and fault scenarios share: `./startup.sh` with free ports and a folder of its own."""

import logging
import os
import sys
from collections.abc import Iterator

import pytest
from cassandra.cluster import Session

from barograph.loading.batch import LoadContext
from barograph.loading.session import start_session
from barograph.store.schema import create_schema
from barograph.store.store import Store
from stack.side_stack import SideStack
from tests.stack.standin.live import Live, live_standin


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that look at a fresh stack come before those that fill it; those that harm, switch or stop it come last.

    What counts open attempts or calls comes before there is a run that waits, or after it has ended.
    """
    order = (
        "test_daily_run",
        "test_fill",
        "test_waiting",
        "",
        "test_waited",
        "test_open_meteo_acceptance",
        "test_pace_and_rounds",
        "test_revised_values",
        "test_tampering",
        "test_scenarios",
        "test_real_input",
        "test_recovery",
        "test_readme",
    )
    items.sort(key=lambda item: order.index(item.path.stem if item.path.stem in order else ""))


@pytest.fixture(scope="session")
def up_offline() -> Iterator[tuple[SideStack, str]]:
    """A fresh stack after `./startup.sh --offline`, and what that printed."""
    side = SideStack("test")
    side.prepare()
    try:
        started = side.run("--offline")
        assert started.returncode == 0, started.stdout + started.stderr
        yield side, started.stdout
    finally:
        if "KEEP_TEST_STACK" not in os.environ:
            side.remove()


@pytest.fixture(scope="session")
def side(up_offline: tuple[SideStack, str]) -> SideStack:
    """The running stack."""
    return up_offline[0]


@pytest.fixture(scope="session")
def session(side: SideStack) -> Iterator[Session]:
    """A session with the stack's Cassandra."""
    with side.cassandra() as session:
        create_schema(session, side.settings)
        yield session


@pytest.fixture(scope="session")
def services(side: SideStack, session: Session) -> Iterator[LoadContext]:
    """What a load works with, its Spark in this process."""
    settings = side.settings
    jars = ",".join(str(jar) for jar in sorted((settings.jars_dir / "spark").glob("*.jar")))
    os.environ["PYSPARK_SUBMIT_ARGS"] = f"--master local[2] --driver-memory 1g --jars {jars} pyspark-shell"
    os.environ["PYSPARK_PYTHON"] = sys.executable
    logging.getLogger("py4j").setLevel(logging.WARNING)
    spark = start_session(settings)
    yield LoadContext(spark, Store(session, settings), settings)
    spark.stop()


@pytest.fixture(scope="module")
def running_standin() -> Iterator[Live]:
    """A stand-in that takes orders, on a port of its own."""
    with live_standin() as live:
        yield live


@pytest.fixture
def live(running_standin: Live) -> Iterator[Live]:
    """The same, without orders of other tests."""
    yield running_standin
    running_standin.forget()
