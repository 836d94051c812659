"""Every port that the running stack listens on, tried as strangers and as users beyond their rights: none may let them in."""

from collections.abc import Mapping

import pytest

from stack.settings import StackSettings
from stack.side_stack import SideStack
from tests.security.attempts import Attempt, Door, Target
from tests.security.cassandra_doors import try_cql, try_cql_roles, try_jmx, try_objects, try_storage
from tests.security.kafka_doors import try_broker, try_brokers_users, try_controller
from tests.security.listeners import Listener, find_listeners
from tests.security.postgres_doors import try_postgres, try_postgres_user
from tests.security.report import show_attempts
from tests.security.web_doors import try_airflow, try_scheduler_health, try_simulator

pytestmark = [pytest.mark.integration, pytest.mark.security]

DOORS: Mapping[str, tuple[Door, ...]] = {
    "airflow_port": (try_airflow,),
    "airflow_scheduler_health_port": (try_scheduler_health,),
    "postgres_port": (try_postgres, try_postgres_user),
    "kafka_port": (try_broker, try_brokers_users),
    "kafka_controller_port": (try_controller,),
    "cassandra_port": (try_cql, try_cql_roles),
    "cassandra_storage_port": (try_storage,),
    "cassandra_jmx_port": (try_jmx,),
    "standin_port": (try_simulator,),
}
"""What is tried at which port; the kernel says which ports there are."""


def _try(listener: Listener, beside: list[Listener], settings: StackSettings) -> list[Attempt]:
    doors = next((DOORS[field] for field in DOORS if getattr(settings, field) == listener.port), ())
    if not doors and any(one.pid == listener.pid and one.port == settings.cassandra_jmx_port for one in beside):
        doors = (try_objects,)
    if not doors:
        what = f"{listener.kind} {listener.address}:{listener.port}"
        return [Attempt("unknown", "anonymous", what, f"pid {listener.pid}: {listener.command}", is_open=True)]
    return [attempt for door in doors for attempt in door(Target(listener, settings))]


@pytest.fixture(scope="module")
def listeners(side: SideStack) -> list[Listener]:
    """The ports of the stack while it does nothing."""
    found = find_listeners(side.folder)
    assert len(found) >= len(DOORS)
    return found


def test_nothing_is_reached_from_beyond_this_machine(listeners: list[Listener]) -> None:
    assert [one for one in listeners if not one.is_loopback] == []


def test_no_port_lets_in_a_stranger_or_a_user_beyond_their_rights(
    listeners: list[Listener], side: SideStack, capsys: pytest.CaptureFixture[str]
) -> None:
    attempts = [attempt for listener in listeners for attempt in _try(listener, listeners, side.settings)]
    with capsys.disabled():
        show_attempts("doors", attempts)
    assert [attempt for attempt in attempts if attempt.is_wrong] == []
