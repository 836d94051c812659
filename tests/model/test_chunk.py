from datetime import date

import pytest

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.resolution import Resolution
from barograph.model.window import Window


def question(places: int, days: int, resolution: Resolution = "hourly") -> Chunk:
    """A question for `places` places over `days` days from 2024-02-27 on."""
    start = date(2024, 2, 27)
    return Chunk(
        "open-meteo/archive",
        resolution,
        tuple(Location(str(n), "1") for n in range(places)),
        ("temperature_2m", "rain"),
        Window(start, date.fromordinal(start.toordinal() + days)),
    )


@pytest.mark.parametrize(("resolution", "asked"), [("hourly", 5 * 58 * 24), ("daily", 5 * 58)])
def test_the_calendar_says_how_many_observations_are_asked(resolution: Resolution, asked: int) -> None:
    assert question(5, 58, resolution).asked == asked


@pytest.mark.parametrize("resolution", ["hourly", "daily"])
def test_a_unit_survives_the_way_from_task_to_task(resolution: Resolution) -> None:
    chunk = question(2, 3, resolution)
    assert Chunk.from_json(chunk.to_json()) == chunk


def test_it_shows_who_is_asked_for_what() -> None:
    assert str(question(2, 1)) == "open-meteo/archive hourly 2024-02-27..2024-02-27, 2 locations"
