"""What tests share: their order, and lint and the test stack, which start at once and run beside the first tests."""

import logging
import os
import sys
from collections.abc import Iterator
from typing import Final

import pytest
from cassandra.cluster import Session

from barograph.loading.batch import LoadContext
from barograph.loading.session import start_session
from barograph.store.schema import create_schema
from barograph.store.store import Store
from stack.side_stack import SideStack
from tests.background import Background, StartingStack, start_lint
from tests.figures import print_figures
from tests.stack.standin.live import Live, live_standin

STACK = pytest.StashKey[StartingStack]()
LINT = pytest.StashKey[Background]()
FAILED_START = pytest.StashKey[str]()
MARK_OF_FIXTURE: Final = {"up_offline": "integration", "services": "spark", "spark": "spark"}
"""Whoever takes the fixture takes the mark: a test that needs the stack cannot pass for one that needs nothing."""

LIMIT_S: Final = {"compose": 3600, "faults": 1800, "integration": 600}
"""What a test of these kinds may take instead of pyproject.toml's `timeout`: several times what the longest takes."""

STACK_ORDER: Final = (
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
    "test_tls",
    "test_readme",
)
"""Tests that look at a fresh stack come before those that fill it; those that harm, switch or stop it come last.

What counts open attempts or calls comes before there is a run that waits, or after it has ended.
"""


def _needs(item: pytest.Item, fixture: str) -> bool:
    """Whether an item takes a fixture, itself or through another one."""
    return fixture in getattr(item, "fixturenames", ())


def _turn(item: pytest.Item) -> tuple[int, int]:
    """Where an item comes: without services first, while the stack starts; then lint's result; then the stack's own.

    Those that want any Spark come last: a process has one JVM, and only `services` starts it with what the stack's tests need.
    """
    if any(item.get_closest_marker(mark) for mark in ("integration", "compose")):
        return 2, STACK_ORDER.index(item.path.stem if item.path.stem in STACK_ORDER else "")
    return 3 if item.get_closest_marker("spark") else int(_needs(item, "lint")), 0


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs services by the fixtures it takes, before `-m` selects; give each its time and its turn."""
    for item in items:
        for fixture, mark in MARK_OF_FIXTURE.items():
            if _needs(item, fixture) and item.get_closest_marker(mark) is None:
                item.add_marker(mark)
        kind = next((mark for mark in LIMIT_S if item.get_closest_marker(mark)), None)
        if kind and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LIMIT_S[kind]))
    items.sort(key=_turn)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start what selected tests will need, so that it is there when their turn comes."""
    if session.config.option.collectonly or _is_xdist_worker(session.config):
        return
    if any(_needs(item, "up_offline") for item in session.items):
        session.config.stash[STACK] = StartingStack()
    if any(_needs(item, "lint") for item in session.items):
        session.config.stash[LINT] = start_lint()


def _is_xdist_worker(config: pytest.Config) -> bool:
    """Whether this is one of several processes that share the tests, so that nothing may be started in each."""
    return hasattr(config, "workerinput")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove what was started, after the last fixture has let go of it; also after Ctrl-C and where nobody waited for it."""
    if lint := session.config.stash.get(LINT, None):
        lint.close()
    if stack := session.config.stash.get(STACK, None):
        stack.remove()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures, and once what a start said that failed; the tests that needed it only refer to it."""
    print_figures(terminalreporter)
    if output := config.stash.get(FAILED_START, None):
        terminalreporter.section("the test stack did not start", red=True)
        terminalreporter.write_line(output)


@pytest.fixture(scope="session")
def lint(pytestconfig: pytest.Config) -> Background:
    """`make lint`, under way since the tests were collected."""
    if _is_xdist_worker(pytestconfig):
        pytest.fail("lint is started once: leave -n out, or add -m 'not lint'", pytrace=False)
    return pytestconfig.stash[LINT]


@pytest.fixture(scope="session")
def up_offline(pytestconfig: pytest.Config) -> tuple[SideStack, str]:
    """A fresh stack after `./startup.sh --offline`, and what that printed."""
    if _is_xdist_worker(pytestconfig):
        pytest.fail("these tests share one stack: leave -n out, or add -m 'not integration'", pytrace=False)
    stack = pytestconfig.stash[STACK]
    started = stack.wait()
    if started.returncode:
        pytestconfig.stash[FAILED_START] = started.stdout + started.stderr
        pytest.fail(f"the test stack did not start (exit code {started.returncode}): its output is in the summary", pytrace=False)
    return stack.side, started.stdout


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
