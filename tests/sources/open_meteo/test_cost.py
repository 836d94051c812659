"""Planner, client and simulator agree on what a call costs."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.resolution import Resolution
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources.open_meteo.addresses import endpoint
from barograph.sources.open_meteo.batching import ChunkLimits, split_into_chunks
from barograph.sources.open_meteo.client import OpenMeteo
from barograph.sources.open_meteo.cost import cost_of
from barograph.sources.open_meteo.products import Product
from barograph.sources.open_meteo.variables import list_variables
from stack.standin.parameters import Parameters
from stack.standin.profiles import PROFILES
from stack.standin.question import read_question

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADDRESSES = {"dwd-icon": date(2026, 9, 1), "historical-forecast-icon": date(2023, 1, 1), "archive": date(1950, 1, 1)}
DEGREES = st.decimals(45, 54, places=3)


@st.composite
def plans(draw: st.DrawFn) -> list[Chunk]:
    """A question to one of the products, cut into chunks."""
    product: Product = draw(st.sampled_from(("dwd-icon", "historical-forecast-icon", "archive")))
    resolution: Resolution = draw(st.sampled_from(("hourly", "daily")))
    known = sorted(name for name, products in list_variables(resolution).items() if product in products)
    names = draw(st.lists(st.sampled_from(known), min_size=1, max_size=40, unique=True))
    start = ADDRESSES[product] + timedelta(days=draw(st.integers(0, 20)))
    days = draw(st.integers(1, 50 if product == "dwd-icon" else 1200))
    degrees = draw(st.lists(st.tuples(DEGREES, st.decimals(5, 15, places=3)), min_size=1, max_size=30))
    places = tuple(Location(str(latitude), str(longitude)) for latitude, longitude in degrees)
    question = Chunk(f"standin/{product}", resolution, places, tuple(names), Window(start, start + timedelta(days=days)))
    limits = ChunkLimits(draw(st.integers(1, 1000)), draw(st.integers(24, 50_000)), draw(st.floats(1, 600)))
    return list(split_into_chunks(question, limits))[:20]


@settings(max_examples=200, deadline=None)
@given(plans())
def test_planner_and_simulator_agree_on_the_cost_of_every_call(chunks: list[Chunk]) -> None:
    barograph = Settings(open_meteo_mode="standin")
    for chunk in chunks:
        path = endpoint(chunk.source, barograph).url.removeprefix(barograph.standin_url)
        encoded = "&".join(f"{name}={value}" for name, value in OpenMeteo(barograph).query(chunk).items())
        question = read_question(Parameters.parse(encoded), PROFILES[path], NOW)
        assert question.weight == pytest.approx(cost_of(chunk))
