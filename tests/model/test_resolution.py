"""Resolutions as data, and what follows from a row."""

from dataclasses import replace
from datetime import date

import pytest

from barograph.model.attempt import Attempt, Manifest
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.resolution import RESOLUTIONS, STEPPED, Resolution, find_resolution, spec_of
from barograph.model.window import Window

TWO_DAYS = Window(date(2024, 4, 1), date(2024, 4, 3))
CHUNK = Chunk("station/reports", "instant", (Location("1", "2"),), ("rain",), TWO_DAYS, "any")


@pytest.mark.parametrize(
    ("resolution", "key", "column", "count"),
    [
        ("hourly", ("location_id", "source", "year"), "time", 48),
        ("daily", ("location_id", "source"), "date", 2),
        ("instant", ("location_id", "source", "day"), "time", 0),
    ],
)
def test_a_row_says_how_observations_are_kept_and_counted(
    resolution: Resolution, key: tuple[str, ...], column: str, count: int
) -> None:
    spec = spec_of(resolution)
    assert (spec.partition_key, spec.time_column, TWO_DAYS.count(resolution)) == (key, column, count)
    assert len(TWO_DAYS.times(resolution)) == count


def test_every_resolution_has_a_row_of_its_own() -> None:
    assert [spec_of(resolution).name for resolution in RESOLUTIONS] == list(RESOLUTIONS)
    assert STEPPED == ("hourly", "daily")
    assert [find_resolution(name) for name in ("instant", "weekly", None)] == ["instant", None, None]


def test_what_a_source_lists_is_asked_for_once_it_is_known() -> None:
    attempt = Attempt(CHUNK, 1, "OPEN", "manual__1", "produce")
    sent = replace(attempt, manifest=Manifest("instantmetrics", "id", {0: (0, 5)}, 5, 7))
    assert (CHUNK.asked, attempt.asked, sent.asked) == (0, 0, 5)


def test_the_calendar_decides_what_a_calendar_chunk_must_account_for() -> None:
    chunk = replace(CHUNK, resolution="hourly", time_rule="calendar")
    sent = Attempt(chunk, 1, "OPEN", "manual__1", "produce", Manifest("hourlymetrics", "id", {0: (0, 5)}, 5, 7))
    assert (chunk.asked, sent.asked) == (48, 48)


def test_the_time_rule_travels_with_the_chunk() -> None:
    assert Chunk.from_json(CHUNK.to_json()) == CHUNK
    assert "time_rule" not in replace(CHUNK, time_rule="calendar").to_json()
