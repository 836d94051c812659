"""Columns on the real Cassandra: they come with a variable, also when two runs bring it at once, and stay."""

import threading

import pytest
from cassandra.cluster import Session

from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts
from barograph.store.schema import add_columns
from stack.side_stack import SideStack
from tests.integration.sending import hours_of, send
from tests.integration.weather import column

pytestmark = [pytest.mark.integration, pytest.mark.spark]
MILD = [10.0 + hour for hour in range(24)]
LEVEL = "temperature_850hPa"


@pytest.mark.parametrize(
    "names", [["uv_index", "cape"], ["temperature_500hPa", "wind_speed_500hPa"], ["lifted_index", "is_day", "visibility"]]
)
def test_two_runs_that_add_the_same_columns_at_once_both_succeed(side: SideStack, session: Session, names: list[str]) -> None:
    settings, meet, added = side.settings, threading.Barrier(2), list[list[str]]()

    def add(order: list[str]) -> None:
        with side.cassandra() as own:
            meet.wait(30)
            added.append(add_columns(own, settings, "hourly", order))

    runs = [threading.Thread(target=add, args=(order,)) for order in (names, names[::-1])]
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
    assert len(added) == 2
    query = "SELECT column_name FROM system_schema.columns WHERE keyspace_name = 'analytics' AND table_name = 'hourlydata'"
    assert set(names) <= {row.column_name for row in session.execute(query)}
    assert add_columns(session, settings, "hourly", names) == []


def test_a_variable_with_capitals_lands_is_cleared_and_stays_under_its_own_name(services: LoadContext) -> None:
    chunk = hours_of("test/level", [LEVEL])
    first = send(services.store, chunk, {LEVEL: MILD})
    assert "landed=24" in load_attempts([first.attempt_id], services)
    second = send(services.store, chunk, {LEVEL: [None, *MILD[1:]]})
    assert "landed=23 quarantined=0 missing=1" in load_attempts([second.attempt_id], services)
    assert column(services, "test/level", f'"{LEVEL}"') == [None, *MILD[1:]]


def test_a_variable_that_is_no_longer_asked_for_keeps_its_column_and_values(services: LoadContext) -> None:
    both = hours_of("test/keeps", ["temperature_2m", "rain"])
    one = hours_of("test/keeps", ["temperature_2m"])
    for chunk, values in ((both, {"temperature_2m": MILD, "rain": [0.5] * 24}), (one, {"temperature_2m": [1.0] * 24})):
        sent = send(services.store, chunk, values)
        assert "landed=24" in load_attempts([sent.attempt_id], services)
    assert column(services, "test/keeps", "rain") == [0.5] * 24
    assert column(services, "test/keeps", "temperature_2m") == [1.0] * 24
