import math
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.resolution import Resolution
from barograph.model.window import Window
from barograph.sources.open_meteo.batching import ChunkLimits, split_into_chunks
from barograph.sources.open_meteo.cost import cost_of, cost_of_location

START = date(2024, 2, 27)


def question(places: int, days: int, resolution: Resolution = "hourly", names: int = 2, heights: int = 0) -> Chunk:
    """A question for `places` places, `heights` of them with an elevation, over `days` days."""
    locations = tuple(Location(str(n), "1", elevation="5" if n < heights else None) for n in range(places))
    variables = tuple(f"v{n}" for n in range(names))
    return Chunk("open-meteo/archive", resolution, locations, variables, Window(START, START + timedelta(days=days)))


def cells(chunk: Chunk) -> list[tuple[str, str]]:
    """Every observation that `chunk` asks for."""
    return [(place.location_id, time) for place in chunk.locations for time in chunk.window.times(chunk.resolution)]


RESOLUTIONS = st.sampled_from(("hourly", "daily"))
LIMITS = st.builds(ChunkLimits, st.integers(1, 15), st.integers(1, 2_000), st.floats(1, 50))


@given(st.integers(1, 12), st.integers(1, 40), RESOLUTIONS, LIMITS, st.integers(0, 12))
def test_units_ask_for_each_observation_exactly_once(
    places: int, days: int, resolution: Resolution, limits: ChunkLimits, heights: int
) -> None:
    whole = question(places, days, resolution, heights=heights)
    asked = Counter(cell for chunk in split_into_chunks(whole, limits) for cell in cells(chunk))
    assert asked == Counter(cells(whole))
    assert set(asked.values()) == {1}


@given(st.integers(1, 12), st.integers(1, 40), RESOLUTIONS, LIMITS, st.integers(1, 40))
def test_a_unit_stays_within_its_limits_unless_it_is_one_place_and_one_day(
    places: int, days: int, resolution: Resolution, limits: ChunkLimits, names: int
) -> None:
    for chunk in split_into_chunks(question(places, days, resolution, names), limits):
        assert len(chunk.locations) <= limits.locations
        if len(chunk.locations) > 1 or chunk.window.days > 1:
            assert chunk.asked <= limits.observations
            assert cost_of(chunk) <= limits.cost + 1e-9


@pytest.mark.parametrize(
    ("places", "days", "names", "weight"),
    [
        (2000, 7, 8, 2000),  # a week of 8 names costs 1 each
        (1, 140, 1, 1),  # 140 days of one name cost as much as one day
        (20, 28, 10, 40),  # two chunks of 14 days
        (20, 20, 10, 20 * 20 / 14),  # not a chunk of 14 and one of 6, which costs as much as 14 more
        (20, 10957, 20, 20 * 2 * 10957 / 14),  # thirty years
    ],
)
def test_plans_cost_no_more_than_the_rule_makes_unavoidable(places: int, days: int, names: int, weight: float) -> None:
    chunks = list(split_into_chunks(question(places, days, names=names), ChunkLimits(1000, 25_000, 600)))
    assert sum(cost_of(chunk) for chunk in chunks) == pytest.approx(weight)
    assert len(chunks) <= math.ceil(1.2 * places * days * 24 / 25_000)


def test_units_come_chunk_by_chunk_and_batch_by_batch() -> None:
    chunks = list(split_into_chunks(question(places=4, days=42, names=10), ChunkLimits(2, 14 * 24 * 2, 600)))
    assert [(str(chunk.window), [place.latitude for place in chunk.locations]) for chunk in chunks] == [
        (window, places)
        for window in ("2024-02-27..2024-03-11", "2024-03-12..2024-03-25", "2024-03-26..2024-04-08")
        for places in (["0", "1"], ["2", "3"])
    ]


def test_a_chunk_holds_at_least_one_day() -> None:
    assert [chunk.asked for chunk in split_into_chunks(question(places=2, days=2), ChunkLimits(10, 1, 600))] == [24] * 4


def test_places_with_an_elevation_are_asked_apart() -> None:
    chunks = list(split_into_chunks(question(5, 1, heights=2), ChunkLimits(10, 25_000, 600)))
    assert [[place.elevation for place in chunk.locations] for chunk in chunks] == [[None] * 3, ["5"] * 2]


def test_units_keep_what_is_asked() -> None:
    asked = question(1, 1)
    assert list(split_into_chunks(asked, ChunkLimits(100, 25_000, 600))) == [asked]


@pytest.mark.parametrize(
    ("names", "days", "places", "weight"),
    [(1, 7305, 1, 52.18), (15, 7, 1, 1.5), (15, 31, 2, 6.643), (83, 7, 1, 8.3), (0, 0, 1, 1)],
)
def test_weights_are_those_of_the_api(names: int, days: int, places: int, weight: float) -> None:
    assert places * cost_of_location(names, days) == pytest.approx(weight, rel=1e-3)
