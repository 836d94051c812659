from dataclasses import replace
from datetime import date

import pytest

from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.overlap import OverlapIndex
from barograph.model.window import Window

BERLIN, HAMBURG = Location("52.5244", "13.4105"), Location("53.5507", "9.993")
CHUNK = Chunk("open-meteo/archive", "hourly", (BERLIN,), ("rain",), Window(date(2024, 1, 30), date(2024, 2, 2)))


def attempt(version: int, **changes: object) -> Attempt:
    """An attempt at the three days around the end of January, or at something else."""
    return Attempt(replace(CHUNK, **changes), version, "COMMITTED", "manual__1", "produce")  # type: ignore[arg-type]  # fields of a chunk


ONE = attempt(5)


def test_neighbours_come_newest_first_and_one_is_not_its_own() -> None:
    assert [one.version for one in OverlapIndex([attempt(3), ONE, attempt(9), attempt(7)]).of(ONE)] == [9, 7, 3]


@pytest.mark.parametrize(
    ("window", "is_near"),
    [
        (Window(date(2024, 1, 1), date(2024, 1, 30)), False),
        (Window(date(2024, 1, 1), date(2024, 1, 31)), True),
        (Window(date(1990, 1, 1), date(2030, 1, 1)), True),
        (Window(date(2024, 2, 1), date(2024, 2, 2)), True),
        (Window(date(2024, 2, 2), date(2024, 2, 3)), False),
        (Window(date(2023, 1, 30), date(2023, 2, 2)), False),
    ],
)
def test_attempts_are_near_where_their_days_meet(window: Window, is_near: bool) -> None:
    other = attempt(6, window=window)
    assert [bool(OverlapIndex([a]).of(b)) for a, b in ((ONE, other), (other, ONE))] == [is_near] * 2


@pytest.mark.parametrize(
    "changes", [{"locations": (HAMBURG,)}, {"variables": ("showers",)}, {"source": "standin/archive"}, {"resolution": "daily"}]
)
def test_attempts_at_something_else_are_no_neighbours(changes: dict[str, object]) -> None:
    assert OverlapIndex([attempt(6, **changes)]).of(ONE) == []
