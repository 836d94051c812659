from datetime import date

import pytest

from barograph.model.attempt import Attempt, Status
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.revision_window import reach_back
from barograph.model.window import Window


def chunk(first: int, last: int, location: str = "1,2", name: str = "rain") -> Chunk:
    days = Window.from_days(date(2026, 11, first), date(2026, 11, last))
    return Chunk("open-meteo/dwd-icon", "hourly", (Location.from_id(location),), (name,), days)


def attempt(asked: Chunk, status: Status = "COMMITTED") -> Attempt:
    return Attempt(asked, asked.window.start.day, status, "run", "task")


@pytest.mark.parametrize(
    ("history", "first"),
    [
        ([], 20),  # the very first run
        ([attempt(chunk(19, 19))], 19),
        ([attempt(chunk(1, 19))], 17),
        ([attempt(chunk(18, 18))], 18),  # and the 19th, which is in between
        ([attempt(chunk(1, 16))], 20),
        ([attempt(chunk(20, 21))], 20),
        ([attempt(chunk(17, 19), "FAILED"), attempt(chunk(17, 19), "EXTRACTED")], 20),
        ([attempt(chunk(17, 19, location="3,4"))], 20),
        ([attempt(chunk(17, 19, name="snowfall"))], 20),
    ],
)
def test_a_run_asks_again_what_was_recorded_in_the_days_before(history: list[Attempt], first: int) -> None:
    asked = reach_back(chunk(20, 20), history, 3)
    assert (asked.window.start.day, asked.window.last_day.day) == (first, 20)


def test_no_revision_days_ask_the_day_alone() -> None:
    assert reach_back(chunk(20, 20), [attempt(chunk(1, 19))], 0) == chunk(20, 20)
