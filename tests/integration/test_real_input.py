"""A month of real observations through the whole stack, every cell compared with the file; `make acceptance` does all."""

import os
from datetime import date

import pytest
from cassandra.cluster import Session

from benchmarks.acceptance import DAG, FILE
from benchmarks.isd import STATIONS, VARIABLES, differences, read_cells, read_expected
from stack.side_stack import SideStack
from tests.integration.weather import await_green

pytestmark = pytest.mark.integration


def test_a_month_of_real_observations_lands_cell_by_cell(side: SideStack, session: Session) -> None:
    if not FILE.exists():
        assert not os.environ.get("CI"), f"{FILE} must be there in CI"
        pytest.skip(f"{FILE} is not there")
    assert side.run("up", "--replay", str(FILE)).returncode == 0
    conf = {
        "start_date": "2008-01-01",
        "end_date": "2008-01-31",
        "latitudes": ",".join(latitude for latitude, _ in STATIONS),
        "longitudes": ",".join(longitude for _, longitude in STATIONS),
        "hourly": list(VARIABLES),
        "daily": [],
    }
    await_green(side, DAG, side.airflow.trigger(DAG, conf))
    expected = read_expected(FILE, date(2008, 1, 1), date(2008, 1, 31))
    assert len(expected) > 3700
    assert differences(expected, read_cells(session, side.settings)) == []
