from collections.abc import Mapping, Sequence
from datetime import date, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession

from barograph.loading.digest import digest_rows, hide_covered
from barograph.model.location import Location
from barograph.model.window import Window
from tests.loading.kafka_records import BERLIN, HAMBURG, SPARK, attempt

pytestmark = SPARK

VARIABLES = ("temperature_2m", "rain")
OLD, NEW = "old", "new"
Row = tuple[str, str, datetime, float | None, float | None]


def row(hour: int, temperature: float | None, rain: float | None, day: int = 1, place: Location = BERLIN) -> Row:
    """A row of the old attempt in April 2024."""
    return (OLD, place.location_id, datetime(2024, 4, day, hour), temperature, rain)  # noqa: DTZ001  # Spark's session is UTC


def frame(spark: SparkSession, rows: Sequence[Row]) -> DataFrame:
    """Rows as they are written and read back."""
    schema = "attempt_id string, location_id string, time timestamp, temperature_2m double, rain double"
    return spark.createDataFrame(list(rows), schema)


ONE = row(0, 1.0, 2.0)
TWO = row(1, 3.0, 4.0)
SAME = {
    "two rows": ([ONE, TWO], [TWO, ONE]),
    "a row without any value": ([ONE, row(1, None, None)], [ONE]),
}
OTHER = {
    "another value": ([ONE], [row(0, 1.0, 2.5)]),
    "values swapped": ([ONE], [row(0, 2.0, 1.0)]),
    "a null for a value": ([ONE], [row(0, 1.0, None)]),
    "zero for a null": ([row(0, 1.0, None)], [row(0, 1.0, 0.0)]),
    "a value slipped into the next column": ([row(0, 1.0, None)], [row(0, None, 1.0)]),
    "another hour": ([ONE], [row(1, 1.0, 2.0)]),
    "another place": ([ONE], [row(0, 1.0, 2.0, place=HAMBURG)]),
    "a row twice": ([ONE, ONE], [ONE]),
    "a row more": ([ONE, TWO], [ONE]),
}
MANY = [row(hour, float(hour), 2.0) for hour in range(24)]
Pair = tuple[Mapping[date, int], Mapping[date, int]]


@pytest.fixture(scope="module")
def pairs(spark: SparkSession) -> dict[str, Pair]:
    """The digests of both sides of each case, in one Spark job: each side is an attempt of its own."""
    cases = {**SAME, **OTHER, "many": (MANY, []), "two days": ([row(23, 1.0, 2.0), row(0, 1.0, 2.0, day=2)], [])}
    rows = [(f"{name}/{side}", *one[1:]) for name, sides in cases.items() for side, some in enumerate(sides) for one in some]
    found = digest_rows(frame(spark, rows), "hourly", VARIABLES)
    return {name: (found.get(f"{name}/0", {}), found.get(f"{name}/1", {})) for name in cases}


@pytest.mark.parametrize("case", SAME)
def test_the_same_content_has_the_same_digest(pairs: dict[str, Pair], case: str) -> None:
    one, other = pairs[case]
    assert one
    assert one == other


@pytest.mark.parametrize("case", OTHER)
def test_other_content_has_another_digest(pairs: dict[str, Pair], case: str) -> None:
    one, other = pairs[case]
    assert one.keys() == other.keys() == {date(2024, 4, 1)}
    assert one != other


def test_each_utc_day_has_its_own_digest(pairs: dict[str, Pair]) -> None:
    assert set(pairs["two days"][0]) == {date(2024, 4, 1), date(2024, 4, 2)}


def test_a_sum_beyond_64_bits_wraps(pairs: dict[str, Pair]) -> None:
    assert -(2**63) <= pairs["many"][0][date(2024, 4, 1)] < 2**63


def hidden(spark: SparkSession, rows: Sequence[Row], **newer: object) -> list[tuple[float | None, float | None]]:
    """The cells of `rows` that are left when a newer attempt with these fields covers some."""
    covering = attempt(**newer)  # type: ignore[arg-type]  # any of its fields
    left = hide_covered(frame(spark, rows), "hourly", VARIABLES, {OLD: [covering]})
    return [(one["temperature_2m"], one["rain"]) for one in left.orderBy("location_id", "time").collect()]


def test_only_the_variables_of_the_newer_attempt_are_hidden(spark: SparkSession) -> None:
    assert hidden(spark, [row(0, 1.0, 2.0)], variables=("rain", "showers")) == [(1.0, None)]


def test_only_the_hours_of_the_newer_attempt_are_hidden(spark: SparkSession) -> None:
    rows = [row(23, 1.0, 2.0), row(0, 3.0, 4.0, day=2), row(23, 5.0, 6.0, day=2), row(0, 7.0, 8.0, day=3)]
    second = Window(date(2024, 4, 2), date(2024, 4, 3))
    assert hidden(spark, rows, window=second) == [(1.0, 2.0), (None, None), (None, None), (7.0, 8.0)]


def test_only_the_places_of_the_newer_attempt_are_hidden(spark: SparkSession) -> None:
    rows = [row(0, 1.0, 2.0), row(0, 3.0, 4.0, place=HAMBURG)]
    assert hidden(spark, rows, locations=(HAMBURG,)) == [(1.0, 2.0), (None, None)]


def test_cells_of_other_attempts_are_not_hidden(spark: SparkSession) -> None:
    rows = [row(0, 1.0, 2.0), (NEW, *row(0, 3.0, 4.0)[1:])]
    left = hide_covered(frame(spark, rows), "hourly", VARIABLES, {OLD: [attempt()]})
    assert {one["attempt_id"]: one["rain"] for one in left.collect()} == {OLD: None, NEW: 4.0}


def test_several_newer_attempts_hide_what_any_of_them_covers(spark: SparkSession) -> None:
    newer = [attempt(variables=(name,)) for name in VARIABLES]
    left = hide_covered(frame(spark, [row(0, 1.0, 2.0)]), "hourly", VARIABLES, {OLD: newer})
    assert [(one["temperature_2m"], one["rain"]) for one in left.collect()] == [(None, None)]


def test_days_are_hidden_like_hours(spark: SparkSession) -> None:
    days = [(OLD, BERLIN.location_id, date(2024, 4, day), day) for day in (1, 2)]
    rows = spark.createDataFrame(days, "attempt_id string, location_id string, date date, weather_code int")
    newer = attempt(variables=("weather_code",), resolution="daily")
    left = hide_covered(rows, "daily", ("weather_code",), {OLD: [newer]})
    assert [one["weather_code"] for one in left.orderBy("date").collect()] == [None, 2]
