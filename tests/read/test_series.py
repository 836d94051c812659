"""Which value a series takes where several sources have one, and which rows are asked for."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cassandra import InvalidRequest
from cassandra.cluster import Session
from cassandra.util import Date

from barograph.errors import RequestRefused
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.read.series import SeriesRequest, SeriesValue, find_sources, read_series
from barograph.settings import Settings
from barograph.store.cells import StoredValue
from barograph.store.locations import KnownLocation
from barograph.store.store import Store

SETTINGS = Settings(cassandra_keyspace="weather", hourly_sink_table="hours", daily_sink_table="days")
DAY = Window(date(2024, 4, 1), date(2024, 4, 2))
REQUEST = SeriesRequest("52.5,13.4", "rain", "hourly", DAY)
ROWS: dict[str, dict[int, tuple[float | None, int | None]]] = {  # by source: value and version of each hour
    "model": {0: (1.0, 10), 1: (1.1, 10), 2: (None, None), 3: (1.3, 30)},
    "reanalysis": {0: (2.0, 20), 1: (None, None), 2: (None, None), 3: (2.3, 20)},
    "station": {1: (3.1, 5), 4: (3.4, 5)},
}


def hour(of: int) -> datetime:
    return datetime(2024, 4, 1, of, tzinfo=UTC)


def store_of(known: KnownLocation, read: object = None) -> Store:
    """A store that knows one location, and reads values so."""
    locations = SimpleNamespace(get=lambda location_id: known)
    return cast("Store", SimpleNamespace(locations=locations, read_values=read))


@pytest.fixture
def stored() -> Store:
    """`ROWS` in the tables, and the three sources known for the location."""

    def read(*key: object) -> Iterator[StoredValue]:
        source = str(key[1])
        return iter([StoredValue(hour(of), value, source, version) for of, (value, version) in ROWS[source].items()])

    known = KnownLocation(Location("52.5", "13.4"), frozenset(), dict.fromkeys(ROWS, (52.5, 13.4, None)), {}, None)
    return store_of(known, read)


def values(store: Store, *sources: str) -> list[SeriesValue]:
    request = SeriesRequest("52.5,13.4", "rain", "hourly", DAY, sources)
    return list(read_series(store, request))


def test_without_a_named_source_the_value_written_last_is_taken(stored: Store) -> None:
    assert values(stored) == [
        SeriesValue(hour(0), 2.0, "reanalysis", 20),
        SeriesValue(hour(1), 1.1, "model", 10),
        SeriesValue(hour(3), 1.3, "model", 30),
        SeriesValue(hour(4), 3.4, "station", 5),
    ]


@pytest.mark.parametrize(
    ("sources", "taken"),
    [
        (("reanalysis", "model"), ["reanalysis", "model", "reanalysis"]),
        (("station", "model"), ["model", "station", "model", "station"]),
        (("reanalysis",), ["reanalysis", "reanalysis"]),
    ],
)
def test_of_named_sources_the_first_that_has_a_value_is_taken(stored: Store, sources: tuple[str, ...], taken: list[str]) -> None:
    assert [row.source for row in values(stored, *sources)] == taken


def test_a_location_that_no_source_has_answered_for_is_refused() -> None:
    known = KnownLocation(Location("1", "2", "new"), frozenset(), {}, {}, None)
    with pytest.raises(RequestRefused, match="no source has answered for location new yet: name one with --source"):
        find_sources(store_of(known), "new")


def test_a_window_of_too_many_partitions_is_refused() -> None:
    request = SeriesRequest("1,2", "rain", "instant", Window(date(2020, 1, 1), date(2024, 1, 1)), ("city/sensors",))
    with pytest.raises(RequestRefused, match="ask for at most 400 days of instant values at once"):
        read_series(cast("Store", None), request)


class Tables:
    """Keeps what it is asked for; answers with `rows`."""

    def __init__(self, *rows: SimpleNamespace, error: Exception | None = None) -> None:
        self.rows, self.error = rows, error
        self.asked: list[tuple[str, tuple[object, ...]]] = []

    def prepare(self, statement: str) -> str:
        """The statement itself."""
        if self.error:
            raise self.error
        return statement

    def execute(self, statement: str, values: tuple[object, ...]) -> Sequence[SimpleNamespace]:
        """The rows, for the first partition."""
        self.asked.append((statement, values))
        return self.rows if len(self.asked) == 1 else ()


def read(tables: Tables, resolution: Any, window: Window, variable: str = "rain") -> list[StoredValue]:  # noqa: ANN401  # a Resolution
    return list(Store(cast("Session", tables), SETTINGS).read_values(resolution, "model", "1,2", window, variable))


def test_hours_are_read_by_year_within_the_window() -> None:
    tables = Tables(SimpleNamespace(at=datetime(2023, 12, 31, 5), value=0.5, version=7))  # noqa: DTZ001  # as the driver gives it
    new_year = Window(date(2023, 12, 31), date(2024, 1, 2))
    assert read(tables, "hourly", new_year) == [StoredValue(datetime(2023, 12, 31, 5, tzinfo=UTC), 0.5, "model", 7)]
    bounds = (new_year.start_at, new_year.end_at)
    assert [asked for _, asked in tables.asked] == [("1,2", "model", 2023, *bounds), ("1,2", "model", 2024, *bounds)]
    assert tables.asked[0][0] == (
        "SELECT time AS at, rain AS value, WRITETIME(rain) AS version FROM weather.hours "
        "WHERE location_id = ? AND source = ? AND year = ? AND time >= ? AND time < ? ORDER BY time ASC"
    )


def test_days_are_read_in_one_query() -> None:
    tables = Tables(SimpleNamespace(at=Date(date(2023, 12, 31)), value=61, version=7))
    window = Window(date(2020, 1, 1), date(2024, 1, 1))
    assert read(tables, "daily", window, "weather_code") == [StoredValue(date(2023, 12, 31), 61, "model", 7)]
    assert [asked for _, asked in tables.asked] == [("1,2", "model", date(2020, 1, 1), date(2024, 1, 1))]


def test_a_variable_that_was_never_recorded_is_named() -> None:
    tables = Tables(error=InvalidRequest("Undefined column name rain in table weather.hours"))
    with pytest.raises(RequestRefused, match="hourly rain was never recorded, at no location: ask for it first"):
        read(tables, "hourly", DAY)


def test_another_fault_of_the_statement_is_not_taken_for_a_missing_column() -> None:
    with pytest.raises(InvalidRequest, match="table hours does not exist"):
        read(Tables(error=InvalidRequest("table hours does not exist")), "hourly", DAY)
