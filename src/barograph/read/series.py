"""One variable of one location over time, across the sources that were asked for it.

Several sources may hold a value of the same hour, such as a forecast model's analysis and the reanalysis that comes later. One
value is taken for each time: of the sources that are named, the first that has one; when none is named, the one written last. A
null is never taken while another source has a value. Each value says which source it is from.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from heapq import merge
from itertools import groupby
from typing import Final

from barograph.errors import RequestRefused
from barograph.model.resolution import Resolution, spec_of
from barograph.model.window import Window
from barograph.store.cells import StoredValue
from barograph.store.store import Store

MAX_PARTITIONS: Final = 400
"""Partitions of one source that a series may touch: four centuries of hours, a year of instants."""


@dataclass(frozen=True, slots=True)
class SeriesRequest:
    """Which values are meant. `sources` are in order of preference; none: all that have answered for the location."""

    location_id: str
    variable: str
    resolution: Resolution
    window: Window
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeriesValue:
    """One value with its source; `at` is an instant (UTC) or a GMT day, `version` the write timestamp of its attempt (µs)."""

    at: datetime | date
    value: object
    source: str
    version: int


def find_sources(store: Store, location_id: str) -> list[str]:
    """The sources that have answered for a location.

    Raises:
        RequestRefused: it is not known, or none has.
    """
    sources = sorted(store.locations.get(location_id).cells)
    if not sources:
        raise RequestRefused(
            f"no source has answered for location {location_id} yet: name one with --source, or ask for it first"
        )
    return sources


def read_series(store: Store, request: SeriesRequest) -> Iterator[SeriesValue]:
    """The values of `request`, oldest first, one for each time that has any; read page by page.

    Raises:
        RequestRefused: the location or the variable was never recorded, or the window is too long for the resolution.
    """
    period = spec_of(request.resolution).period
    if period == "day" and request.window.days > MAX_PARTITIONS:
        raise RequestRefused(f"{request.window}: ask for at most {MAX_PARTITIONS} days of {request.resolution} values at once")
    sources = request.sources or find_sources(store, request.location_id)
    columns = [
        store.read_values(request.resolution, source, request.location_id, request.window, request.variable) for source in sources
    ]
    return _choose_each(merge(*columns, key=lambda row: row.at), request.sources)


def _choose_each(rows_of_all: Iterable[StoredValue], preferred: Sequence[str]) -> Iterator[SeriesValue]:
    for _, found in groupby(rows_of_all, key=lambda row: row.at):
        rows = [row for row in found if row.value is not None]
        if rows:
            chosen = _choose(rows, preferred)
            yield SeriesValue(chosen.at, chosen.value, chosen.source, chosen.version or 0)


def _choose(rows: Sequence[StoredValue], preferred: Sequence[str]) -> StoredValue:
    """The row of the first preferred source, or the one written last."""
    if preferred:
        return min(rows, key=lambda row: preferred.index(row.source))
    return max(rows, key=lambda row: (row.version or 0, row.source))
