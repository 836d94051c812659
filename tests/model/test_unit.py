from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph.model.location import Location
from barograph.model.unit import Unit, split_into_units
from barograph.model.variables import Resolution
from barograph.model.window import Window


def question(places: int, days: int, resolution: Resolution = "hourly") -> Unit:
    """A question for `places` places over `days` days from 2024-02-27 on."""
    start = date(2024, 2, 27)
    return Unit(
        "open-meteo/archive",
        resolution,
        tuple(Location(str(n), "1") for n in range(places)),
        ("temperature_2m", "rain"),
        Window(start, date.fromordinal(start.toordinal() + days)),
    )


def cells(unit: Unit) -> list[tuple[str, str]]:
    """Every observation that `unit` asks for."""
    return [(place.location_id, time) for place in unit.locations for time in unit.window.times(unit.resolution)]


@given(
    st.integers(1, 12),
    st.integers(1, 10),
    st.sampled_from(("hourly", "daily")),
    st.integers(1, 15),
    st.integers(1, 2_000),
)
def test_units_ask_for_each_observation_exactly_once(
    places: int, days: int, resolution: Resolution, batch: int, chunk: int
) -> None:
    whole = question(places, days, resolution)
    asked = Counter(cell for unit in split_into_units(whole, batch, chunk) for cell in cells(unit))
    assert asked == Counter(cells(whole))
    assert set(asked.values()) == {1}


@given(st.integers(1, 12), st.integers(1, 10), st.integers(1, 15), st.integers(24, 2_000))
def test_a_unit_of_several_days_stays_within_its_bounds(places: int, days: int, batch: int, chunk: int) -> None:
    for unit in split_into_units(question(places, days), batch, chunk):
        assert len(unit.locations) <= batch
        assert unit.window.days == 1 or unit.asked <= chunk


def test_units_come_chunk_by_chunk_and_batch_by_batch() -> None:
    units = list(split_into_units(question(places=3, days=3), batch_locations=2, chunk_observations=96))
    assert [(str(unit.window), len(unit.locations)) for unit in units] == [
        ("2024-02-27..2024-02-28", 2),
        ("2024-02-27..2024-02-28", 1),
        ("2024-02-29..2024-02-29", 2),
        ("2024-02-29..2024-02-29", 1),
    ]


def test_a_chunk_holds_at_least_one_day() -> None:
    assert [unit.asked for unit in split_into_units(question(places=10, days=2), 10, 24)] == [240, 240]


def test_units_keep_what_is_asked() -> None:
    unit = next(split_into_units(question(1, 1), 100, 25_000))
    assert (unit.source, unit.resolution, unit.variables) == ("open-meteo/archive", "hourly", ("temperature_2m", "rain"))


@pytest.mark.parametrize(("resolution", "asked"), [("hourly", 5 * 58 * 24), ("daily", 5 * 58)])
def test_the_calendar_says_how_many_observations_are_asked(resolution: Resolution, asked: int) -> None:
    assert question(5, 58, resolution).asked == asked


@pytest.mark.parametrize("resolution", ["hourly", "daily"])
def test_a_unit_survives_the_way_from_task_to_task(resolution: Resolution) -> None:
    unit = question(2, 3, resolution)
    assert Unit.from_json(unit.to_json()) == unit


def test_it_shows_who_is_asked_for_what() -> None:
    assert str(question(2, 1)) == "open-meteo/archive hourly 2024-02-27..2024-02-27, 2 locations"
