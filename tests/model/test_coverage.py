from dataclasses import replace
from datetime import UTC, date, datetime

from barograph.model.attempt import Attempt, Status
from barograph.model.cell_block import CellBlock, sort_days
from barograph.model.chunk import Chunk
from barograph.model.coverage import count_expected
from barograph.model.location import Location
from barograph.model.window import Window

BERLIN, HAMBURG = Location("52.5244", "13.4105"), Location("53.5507", "9.993")
NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


def april(first: int, last: int) -> Window:
    """Days of April 2024, inclusive."""
    return Window.from_days(date(2024, 4, first), date(2024, 4, last))


def attempt(version: int, window: Window, *places: Location, status: Status = "COMMITTED", name: str = "rain") -> Attempt:
    """An attempt at `window`."""
    chunk = Chunk("open-meteo/archive", "hourly", places or (BERLIN,), (name,), window)
    return Attempt(chunk, version, status, "manual__1", "produce_hourly_metrics")


def test_days_are_sorted_by_what_newer_attempts_leave_of_them() -> None:
    one = CellBlock(frozenset({BERLIN}), frozenset({"rain", "showers"}), april(1, 4))
    rain, both = frozenset({"rain"}), frozenset({"rain", "showers"})
    taken = [replace(one, variables=rain, window=april(2, 3)), replace(one, variables=both - rain, window=april(3, 3))]
    days = sort_days(one, taken)
    assert [[day.day for day in kind] for kind in (days.whole, days.partly, days.covered)] == [[1, 4], [2], [3]]


def test_an_observation_that_was_asked_for_twice_is_expected_once() -> None:
    history = [attempt(2, april(2, 3), BERLIN, HAMBURG), attempt(1, april(1, 2), BERLIN, name="showers")]
    assert count_expected(history) == (2 * 2 + 1) * 24
