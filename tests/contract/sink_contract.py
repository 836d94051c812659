"""What every sink promises: a suite that each implementation runs, on the real thing too."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Final

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.sinks.port import Sink

NAMES: Final = ("temperature_2m", "rain")
BERLIN: Final = Location("52.5244", "13.4105")
HAMBURG: Final = Location("53.5507", "9.993")
DAY: Final = Window(date(2024, 4, 1), date(2024, 4, 2))
FIRST: Final = 1_000_000
Values = tuple[float | None, float | None]
_numbers = count()


def attempt_of(source: str, version: int = FIRST, locations: Sequence[Location] = (BERLIN,)) -> Attempt:
    """An attempt at a day of both variables."""
    chunk = Chunk(source, "hourly", tuple(locations), NAMES, DAY)
    return Attempt(chunk, version, "EXTRACTED", "test", "test")


class SinkContract:
    """Subclasses give the fixtures `spark` and `sink`; each test has a source of its own, so a sink may be shared."""

    @pytest.fixture
    def source(self) -> str:
        """A source that no other test has written."""
        return f"contract/{type(self).__name__.lower()}-{next(_numbers)}"

    def rows(self, spark: SparkSession, attempt: Attempt, hours: Mapping[int, Values]) -> DataFrame:
        """Rows of Berlin as loading hands them on: the key, the variables, the version."""
        return spark.createDataFrame(
            [
                (BERLIN.location_id, attempt.chunk.source, 2024, datetime(2024, 4, 1, hour, tzinfo=UTC), *values, attempt.version)
                for hour, values in hours.items()
            ],
            "location_id string, source string, year int, time timestamp, temperature_2m double, rain double, version long",
        )

    def held(self, sink: Sink, attempt: Attempt) -> dict[int, Values]:
        """What the sink holds for `attempt`, by hour; rows without any value left out."""
        found: list[Row] = sink.read_back([attempt]).collect()
        assert {row["attempt_id"] for row in found} <= {attempt.attempt_id}
        values = {row["time"].hour: (row["temperature_2m"], row["rain"]) for row in found}
        return {hour: pair for hour, pair in values.items() if pair != (None, None)}

    def write(
        self, sink: Sink, spark: SparkSession, attempt: Attempt, hours: Mapping[int, Values], *, with_nulls: bool = False
    ) -> None:
        """Prepare and write."""
        sink.prepare("hourly", NAMES)
        sink.write(self.rows(spark, attempt, hours), "hourly", NAMES, with_nulls=with_nulls)

    def test_what_was_written_is_read_back(self, sink: Sink, spark: SparkSession, source: str) -> None:
        attempt, hours = attempt_of(source), {0: (7.5, 0.0), 1: (None, 0.25), 2: (-0.0, None)}
        self.write(sink, spark, attempt, hours)
        assert self.held(sink, attempt) == hours

    def test_written_again_nothing_changes(self, sink: Sink, spark: SparkSession, source: str) -> None:
        attempt, hours = attempt_of(source), {0: (7.5, 0.0)}
        for _ in range(2):
            self.write(sink, spark, attempt, hours)
        assert self.held(sink, attempt) == hours
        assert sink.count_present([attempt]) == 1

    def test_room_is_made_once(self, sink: Sink) -> None:
        sink.prepare("hourly", NAMES)
        assert sink.prepare("hourly", NAMES) == []

    def test_an_older_version_changes_nothing_whenever_it_comes(self, sink: Sink, spark: SparkSession, source: str) -> None:
        older, newer = attempt_of(source), attempt_of(source, FIRST + 5)
        self.write(sink, spark, newer, {0: (8.0, 1.0)})
        self.write(sink, spark, older, {0: (7.0, 0.0), 1: (7.0, 0.0)})
        assert self.held(sink, newer) == {0: (8.0, 1.0), 1: (7.0, 0.0)}

    def test_a_null_takes_an_older_value_away_only_where_it_is_meant_to(
        self, sink: Sink, spark: SparkSession, source: str
    ) -> None:
        older, newer = attempt_of(source), attempt_of(source, FIRST + 5)
        self.write(sink, spark, older, {0: (7.0, 0.5), 1: (7.0, 0.5)})
        self.write(sink, spark, newer, {0: (8.0, None)}, with_nulls=True)
        self.write(sink, spark, newer, {1: (8.0, None)})
        assert self.held(sink, newer) == {0: (8.0, None), 1: (8.0, 0.5)}

    def test_clearing_takes_what_is_older_and_leaves_room_at_the_version(
        self, sink: Sink, spark: SparkSession, source: str
    ) -> None:
        older, newer = attempt_of(source), attempt_of(source, FIRST + 5)
        self.write(sink, spark, older, {0: (7.0, 0.5), 1: (7.0, 0.5)})
        self.write(sink, spark, newer, {0: (8.0, None)})
        gone = self.rows(spark, newer, {0: (None, None), 1: (None, None)})
        assert sink.clear(gone, "hourly", NAMES) == 2
        assert self.held(sink, newer) == {0: (8.0, None)}
        self.write(sink, spark, newer, {1: (9.0, 1.0)})
        assert self.held(sink, newer) == {0: (8.0, None), 1: (9.0, 1.0)}

    def test_only_the_cells_of_the_attempt_are_read(self, sink: Sink, spark: SparkSession, source: str) -> None:
        attempt = attempt_of(source)
        self.write(sink, spark, attempt, {0: (7.0, 0.5)})
        elsewhere = replace(attempt, chunk=replace(attempt.chunk, locations=(HAMBURG,)))
        other_day = replace(attempt, chunk=replace(attempt.chunk, window=Window(date(2024, 4, 2), date(2024, 4, 3))))
        assert self.held(sink, elsewhere) == {}
        assert self.held(sink, other_day) == {}

    def test_an_observation_counts_once_however_often_it_was_asked_for(
        self, sink: Sink, spark: SparkSession, source: str
    ) -> None:
        first, second = attempt_of(source), attempt_of(source, FIRST + 5, (BERLIN, HAMBURG))
        self.write(sink, spark, first, {0: (7.0, 0.5), 1: (None, 0.0)})
        assert sink.count_present([first, second]) == 2
