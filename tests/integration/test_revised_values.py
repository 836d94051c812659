"""Values that the source corrects, through plan, produce and load: told by count and size; what stays makes nothing larger."""

import logging
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from barograph.loading import load
from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts
from barograph.model.window import Window
from barograph.orchestration.plan import plan_day
from barograph.orchestration.produce import ProduceObservationsOperator
from stack.side_stack import SideStack
from stack.simulator_control import SimulatorControl
from tests.orchestration.runs import run_of, set_variables, try_of

pytestmark = [pytest.mark.integration, pytest.mark.spark]
PLACE = "12.5,34.5"
SOURCE = "standin/dwd-icon"
VARIABLES = ("surface_pressure", "temperature_2m", "rain")
Record = Callable[[date], str]


@pytest.fixture
def record(
    operator: ProduceObservationsOperator,
    services: LoadContext,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Record:
    """Records a day of `PLACE` and the one before it, as the tasks of weather_data_dag do; tells what the load logged."""
    latitude, longitude = PLACE.split(",")
    places = {"latitudes": latitude, "longitudes": longitude, "locations": "", "tags": ""}
    lists = {"hourly": ",".join(VARIABLES), "daily": ""}
    set_variables(monkeypatch, {**places, **lists, "source": "auto", "revision_days": "1"})
    monkeypatch.setattr(load.log, "disabled", False)

    def run(day: date) -> str:
        params = {"day": str(day)}
        planned = plan_day(run_of("manual", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S+00:00}", params=params), ["day"])
        operator.planned = planned  # type: ignore[assignment]  # what Airflow has made of the XComArg by then
        produced = operator.execute(try_of(f"revised {day} {datetime.now(UTC)}"))
        caplog.clear()
        with caplog.at_level(logging.INFO, logger=load.log.name):
            return f"{load_attempts(produced['attempt_ids'], services)}\n{caplog.text}"

    return run


@pytest.fixture
def control(side: SideStack) -> Iterator[SimulatorControl]:
    """The stand-in's orders; it corrects nothing any more afterwards."""
    yield side.simulator
    side.simulator.forget()


def pressures(services: LoadContext, day: date) -> list[float]:
    """What stands for the hours of `day`, in order."""
    query = (
        "SELECT surface_pressure FROM analytics.hourlydata WHERE location_id = %s AND source = %s AND year = %s "
        "AND time >= %s AND time < %s ORDER BY time ASC"
    )
    window = Window.from_days(day, day)
    return [row[0] for row in services.store.session.execute(query, (PLACE, SOURCE, day.year, window.start_at, window.end_at))]


def cells_after_compaction(side: SideStack) -> dict[str, int]:
    """Rows and cells of the hourly table as its files hold them, when each is compacted away that can be."""
    keyspace, table = side.settings.cassandra_keyspace, side.settings.hourly_sink_table
    for command in ("flush", "compact"):
        side.nodetool(command, keyspace, table)
    found = re.search(r"SSTable count: (\d+)", side.nodetool("tablestats", f"{keyspace}.{table}"))
    assert found
    until = time.monotonic() + 30
    while len(files := list(side.folder.glob(f"cassandra/data/{keyspace}/{table}-*/*-Data.db"))) != int(found[1]):
        assert time.monotonic() < until, files
        time.sleep(0.1)
    told = side.cassandra_tool("SSTableMetadataViewer", *map(str, files))
    return {what: sum(map(int, re.findall(rf"^{what}: (\d+)", told, re.MULTILINE))) for what in ("totalRows", "totalColumnsSet")}


def test_corrected_values_win_and_are_counted_and_the_same_again_makes_the_table_no_larger(
    record: Record, control: SimulatorControl, side: SideStack, services: LoadContext
) -> None:
    today = datetime.now(UTC).date()
    first, second = today - timedelta(days=3), today - timedelta(days=2)
    assert "asked=24 landed=24 quarantined=0 missing=0" in record(first)
    before = pressures(services, first)

    hours = {"variable": "surface_pressure", "start": f"{first}T03:00", "end": f"{first}T20:00", "add": 0.4}
    control.order(revisions=[hours])
    told = record(second)
    assert "asked=48 landed=48 quarantined=0 missing=0" in told
    assert "17 cells revised: surface_pressure 17, largest change 0.4 hPa" in told
    after = pressures(services, first)
    changes = [round(now - was, 1) for was, now in zip(before, after, strict=True)]
    assert changes == [0] * 3 + [0.4] * 17 + [0] * 4

    held = cells_after_compaction(side)
    assert held["totalColumnsSet"] > held["totalRows"] >= 48
    told = record(second)
    assert "asked=48 landed=48 quarantined=0 missing=0" in told
    assert "0 cells revised" in told
    assert cells_after_compaction(side) == held
