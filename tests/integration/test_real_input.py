"""A month of station observations through the whole stack, every cell compared with the file; `make acceptance` does all.

The month is a real one where ../shared has it, and else our own example; both have holes.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date

import pytest
from cassandra.cluster import Session

from benchmarks.acceptance import DAG
from benchmarks.isd import VARIABLES, differences, read_cells, read_expected
from stack.side_stack import SideStack
from tests.examples.folders import STATIONS, find
from tests.integration.weather import await_green

pytestmark = pytest.mark.integration

FIRST_DAYS = {"own": date(2007, 11, 1), "shared": date(2010, 3, 1)}


@pytest.fixture
def back_offline(side: SideStack) -> Iterator[None]:
    """Afterwards the stack has the simulator's weather again, as the tests that follow expect."""
    yield
    assert side.run("--offline").returncode == 0


@pytest.mark.usefixtures("back_offline")
def test_a_month_of_station_observations_lands_cell_by_cell(side: SideStack, session: Session) -> None:
    origin, file = list(find(STATIONS).items())[-1]
    first_day = FIRST_DAYS[origin]
    days = monthrange(first_day.year, first_day.month)[1]
    expected = read_expected(file, first_day, first_day.replace(day=days))
    stations = [location_id.split(",") for location_id in sorted({location_id for location_id, _ in expected})]
    assert len(stations) == 5
    assert 0 < 5 * days * 24 - len(expected) < 40
    assert side.run("up", "--replay", str(file)).returncode == 0
    conf = {
        "start_date": str(first_day),
        "end_date": str(first_day.replace(day=days)),
        "latitudes": ",".join(latitude for latitude, _ in stations),
        "longitudes": ",".join(longitude for _, longitude in stations),
        "hourly": list(VARIABLES),
        "daily": [],
    }
    await_green(side, DAG, side.airflow.trigger(DAG, conf))
    assert differences(expected, read_cells(session, side.settings, expected)) == []
