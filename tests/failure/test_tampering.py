"""The checker and the audit see what is done to the tables behind barograph's back: a green table of rows would mean nothing."""

from collections.abc import Callable

import pytest

from tests.failure.world import World

pytestmark = [pytest.mark.integration, pytest.mark.spark]
HOUR = "AND source = 'standin/archive' AND year = 2021 AND time = '2021-03-0{0}T0{0}:00Z'"


def test_value_that_vanished_changed_or_came_from_nowhere_is_found(make_world: Callable[[int], World]) -> None:
    world = make_world(1)
    table = f"{world.settings.cassandra_keyspace}.{world.settings.hourly_sink_table}"
    here = f"WHERE location_id = '{world.location.location_id}'"
    try:
        world.record(world.chunk(("temperature_2m", "rain")))
        assert world.verdict().findings == []
        with world.side.cassandra() as session:
            session.execute(f"DELETE rain FROM {table} {here} {HOUR.format(1)}")
            session.execute(f"UPDATE {table} SET temperature_2m = 99 {here} {HOUR.format(2)}")
            session.execute(f"UPDATE {table} SET rain = 1 {here} {HOUR.format(9)}")
        found = world.verdict()
    finally:
        world.driver.close()
        world.forget()
    assert (found.lost, found.doubled) == (1, 1)
    assert "holds (99.0, " in found.findings[1]
    assert "the audit is red" in found.findings[-1]
    assert "differs from its digest on 2021-03-01, 2021-03-02" in found.findings[-1]
