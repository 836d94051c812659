"""The observations of a file of stations as the stand-in serves them, and the same cells as they stand in Cassandra."""

import csv
import gzip
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Final

from cassandra.cluster import Session

from stack.settings import StackSettings

STATIONS: Final = (("25.817", "-80.3"), ("37.617", "-122.4"), ("41.983", "-87.917"), ("33.933", "-118.4"), ("40.783", "-73.883"))
VARIABLES: Final = (
    "temperature_2m",
    "dew_point_2m",
    "pressure_msl",
    "wind_speed_10m",
    "wind_direction_10m",
    "cloud_cover",
    "precipitation",
)
KMH_PER_MS: Final = Decimal("3.6")

CellBlock = Mapping[tuple[str, str], tuple[float | None, ...]]
"""Values in the order of `VARIABLES` per (location_id, hour such as 2008-01-01T00:00); None = no value."""


def read_expected(
    file: Path, first_day: date = date(2008, 1, 1), last_day: date = date(2011, 12, 31)
) -> dict[tuple[str, str], tuple[float | None, ...]]:
    """What must land: every hour of the file that has a value, wind in km/h with one decimal (the file says m/s)."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        rows = [row for row in csv.DictReader(text) if first_day.isoformat() <= row["time"][:10] <= last_day.isoformat()]
    cells = {
        (f"{row['latitude']},{row['longitude']}", row["time"]): tuple(_value(row, name) for name in VARIABLES) for row in rows
    }
    return {key: values for key, values in cells.items() if any(value is not None for value in values)}


def _value(row: Mapping[str, str], name: str) -> float | None:
    if not row[name]:
        return None
    if name == "wind_speed_10m":
        return float((Decimal(row[name]) * KMH_PER_MS).quantize(Decimal("0.1"), ROUND_HALF_UP))
    return float(row[name])


def read_cells(
    session: Session, settings: StackSettings, expected: CellBlock, source: str = "standin/archive"
) -> dict[tuple[str, str], tuple[float | None, ...]]:
    """Every hour that hourlydata holds under `source` in the years of the stations that `expected` names."""
    query = session.prepare(
        f"SELECT time, {', '.join(VARIABLES)} FROM {settings.cassandra_keyspace}.{settings.hourly_sink_table} "  # noqa: S608  # checked settings
        "WHERE location_id = ? AND source = ? AND year = ?"
    )
    cells = {}
    for location_id, year in sorted({(location_id, int(time[:4])) for location_id, time in expected}):
        for row in session.execute(query, (location_id, source, year)):
            cells[location_id, f"{row.time:%Y-%m-%dT%H:%M}"] = tuple(row[1:])
    return cells


def differences(expected: CellBlock, stored: CellBlock) -> list[str]:
    """What is lost, added or wrong, in words; empty when every cell is equal."""
    lost, added = expected.keys() - stored.keys(), stored.keys() - expected.keys()
    wrong = [key for key in expected.keys() & stored.keys() if expected[key] != stored[key]]
    found = [f"{len(keys)} hours {what}, such as {min(keys)}" for what, keys in (("lost", lost), ("too many", added)) if keys]
    if wrong:
        key = min(wrong)
        found.append(f"{len(wrong)} hours differ, such as {key}: {stored[key]} instead of {expected[key]}")
    return found
