"""Every port that the running stack listens on, tried as strangers and as users beyond their rights: none may let them in."""

from collections.abc import Mapping

import pytest
from cassandra.cluster import Session
from rich.table import Table

from stack.console import console
from stack.side_stack import SideStack
from tests.security.attempts import Attempt, Door, Target
from tests.security.cassandra_doors import try_cql, try_jmx, try_objects, try_storage
from tests.security.kafka_doors import try_broker, try_controller
from tests.security.listeners import Listener, find_listeners
from tests.security.postgres_doors import try_postgres
from tests.security.web_doors import EXCEPTIONS, try_airflow, try_scheduler_health, try_simulator

pytestmark = [pytest.mark.integration, pytest.mark.security]

DOORS: Mapping[str, Door] = {
    "airflow_port": try_airflow,
    "airflow_scheduler_health_port": try_scheduler_health,
    "postgres_port": try_postgres,
    "kafka_port": try_broker,
    "kafka_controller_port": try_controller,
    "cassandra_port": try_cql,
    "cassandra_storage_port": try_storage,
    "cassandra_jmx_port": try_jmx,
    "standin_port": try_simulator,
}
"""What is tried at which port; the kernel says which ports there are."""


def _try(listener: Listener, beside: list[Listener], side: SideStack, session: Session) -> list[Attempt]:
    settings = side.settings
    door = next((DOORS[field] for field in DOORS if getattr(settings, field) == listener.port), None)
    if door is None and any(one.pid == listener.pid and one.port == settings.cassandra_jmx_port for one in beside):
        return list(try_objects(Target(listener, side, session)))
    if door is None:
        what = f"{listener.kind} {listener.address}:{listener.port}"
        return [Attempt("unknown", "anonymous", what, f"pid {listener.pid}: {listener.command}", is_open=True)]
    return list(door(Target(listener, side, session)))


@pytest.fixture(scope="module")
def listeners(side: SideStack) -> list[Listener]:
    """The ports of the stack while it does nothing."""
    found = find_listeners(side.folder)
    assert len(found) >= len(DOORS)
    return found


def test_nothing_is_reached_from_beyond_this_machine(listeners: list[Listener]) -> None:
    assert [one for one in listeners if not one.is_loopback] == []


def test_no_port_lets_in_a_stranger_or_a_user_beyond_their_rights(
    listeners: list[Listener], side: SideStack, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    attempts = [attempt for listener in listeners for attempt in _try(listener, listeners, side, session)]
    with capsys.disabled():
        _show(attempts)
    assert [attempt for attempt in attempts if attempt.is_wrong] == []


def _show(attempts: list[Attempt]) -> None:
    """A line for each kind of try at a door, and the sum; of hundreds of routes only those that are not shut."""
    table = Table("door", "who", "tried", "answer", "", box=None, title="doors")
    for one in attempts:
        if one.door != "http" or one.is_wrong:
            verdict = "WRONG" if one.is_wrong else "let in" if one.is_open else "shut"
            table.add_row(one.door, one.who, one.what, one.answer, verdict)
    routes = sum(one.door == "http" for one in attempts)
    table.add_row("http", "anonymous", f"{routes} routes", "401, 403, 404 or 405", "shut")
    console.print(table)
    for (method, path), why in EXCEPTIONS.items():
        console.print(f"  exception: {method.upper()} {path}: {why}")
    wrong = sum(one.is_wrong for one in attempts)
    console.print(f"{len({one.door for one in attempts})} kinds of doors, {len(attempts)} tries, {wrong} open")
