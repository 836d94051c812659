"""The rows every contender gets: made-up weather of many places, the same at every run, without a service or a library."""

import csv
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.observation import Observation
from barograph.model.variables import get_variable
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources.open_meteo.batching import limits_of, split_into_chunks
from barograph.sources.port import Cell, Series

FIRST_DAY: Final = date(2021, 1, 1)
PERIOD: Final = 8009
"""Hours after which a variable's values repeat; a prime, so that places and days do not fall into step."""

REPEATED: Final = 5

RANGES: Final = {
    "temperature_2m": (-15, 35),
    "relative_humidity_2m": (10, 100),
    "dew_point_2m": (-20, 25),
    "apparent_temperature": (-20, 38),
    "precipitation": (0, 8),
    "rain": (0, 8),
    "surface_pressure": (900, 1040),
    "pressure_msl": (970, 1045),
    "wind_speed_10m": (0, 90),
    "wind_direction_10m": (0, 360),
    "cloud_cover": (0, 100),
    "wind_gusts_10m": (0, 140),
}
"""Twelve variables, and between which values they walk."""
VARIABLES: Final = tuple(RANGES)
COLUMNS: Final = ("location_id", "source", "year", "time", *VARIABLES)
"""Of the hourly table."""
NULL_SHARE: Final = 0.02
"""Of the last variable's values: real answers have holes."""


def units_of(rows: int, source: str, settings: Settings, locations: int = 100) -> list[Chunk]:
    """The attempts of at least `rows` observations, cut as the produce task cuts them."""
    days = -(-rows // (locations * 24))
    question = Chunk(source, "hourly", places(locations), VARIABLES, Window(FIRST_DAY, FIRST_DAY + timedelta(days=days)))
    return list(split_into_chunks(question, limits_of(settings)))


def places(count: int) -> tuple[Location, ...]:
    """That many places on a grid."""
    return tuple(Location(f"{40 + number % 40 / 4:g}", f"{1 + number // 40 / 4:g}") for number in range(count))


def series_of(chunk: Chunk) -> list[Series]:
    """The answer to `chunk`."""
    times = [f"{time}:00Z" for time in chunk.window.times("hourly")]
    first_hour = (chunk.window.start - FIRST_DAY).days * 24
    return [
        Series(place, Cell(float(place.latitude), float(place.longitude), None), times, _columns(place, first_hour, len(times)))
        for place in chunk.locations
    ]


def _columns(place: Location, first_hour: int, hours: int) -> dict[str, list[float | None]]:
    start = (first_hour + int(float(place.latitude) * 400) + int(float(place.longitude) * 7000)) % PERIOD
    return {name: _walk(name)[start : start + hours] for name in VARIABLES}


@cache
def _walk(name: str) -> list[float | None]:
    """A random walk between the variable's two values, with its decimals; long enough for an attempt at one place."""
    numbers = random.Random(name)  # noqa: S311  # made-up weather
    lowest, highest = RANGES[name]
    decimals, value = get_variable(name, "hourly").decimals, (lowest + highest) / 2
    values: list[float | None] = []
    for _ in range(PERIOD):
        value = min(float(highest), max(float(lowest), value + numbers.gauss(0, (highest - lowest) / 40)))
        is_null = name == VARIABLES[-1] and numbers.random() < NULL_SHARE
        values.append(None if is_null else round(value, decimals))
    return values * REPEATED


def observations_of(chunks: Sequence[Chunk]) -> Iterator[Observation]:
    """Every observation, in the order in which it goes to Kafka."""
    return chain.from_iterable(series.observations(chunk.source) for chunk in chunks for series in series_of(chunk))


def write_csv(chunks: Sequence[Chunk], path: Path) -> None:
    """The rows as the table's columns, null as nothing, with a line of names."""
    with path.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(COLUMNS)
        for one in observations_of(chunks):
            rows.writerow((one.location_id, one.source, one.time[:4], one.time, *one.values.values()))
