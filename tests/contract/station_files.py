"""A source of CSV files, one per station: the worked example of docs/add-a-source.md."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from barograph.errors import AnswerBroken, AnswerRefused, LocationUnserved, RequestRefused
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.quota import Call
from barograph.model.request import Wanted
from barograph.model.resolution import Resolution
from barograph.sources.port import Series, SourceInfo, StillServed

SERVED: Final[Mapping[str, str]] = {"temperature_2m": "air_temp", "rain": "rain_1h"}
"""The column of the files by variable; °C and mm, as the variables file wants them."""


def list_variables(resolution: Resolution) -> Mapping[str, Sequence[str]]:
    """See `SourceInfo.variables`."""
    return dict.fromkeys(SERVED, INFO.choices) if resolution == "hourly" else {}


INFO: Final = SourceInfo(
    name="station-files",
    prefixes=("station-files",),
    choices=("station-files/hourly",),
    resolutions={"hourly": "listed"},
    variables=list_variables,
    pool="station_files",
)


class StationFiles:
    """Files `STATION.csv` with the columns time (UTC, `2024-04-01T05:00:00Z`, rising), air_temp and rain_1h; empty = no value."""

    info = INFO
    busy = 0

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.opened = 0

    def plan(self, wanted: Wanted, today: date) -> list[Chunk]:
        """See `PullSource`."""
        names = wanted.variables.get("hourly", ())
        unserved = [name for name in names if name not in SERVED]
        if unserved:
            raise RequestRefused.listing([f"{name} is not served by {wanted.choice}: leave it out" for name in unserved])
        return [Chunk(wanted.choice, "hourly", wanted.locations, names, wanted.window)] if names else []

    def split(self, chunk: Chunk) -> Iterable[Chunk]:
        """See `PullSource`: a station at a time, which is a file."""
        return [replace(chunk, locations=(location,)) for location in chunk.locations]

    def call(self, chunk: Chunk) -> Call | None:
        """See `PullSource`: nobody counts how often a file is read."""
        return None

    def fetch(self, chunk: Chunk) -> Iterator[Series]:
        """See `PullSource`."""
        yield from [self._read(chunk, location) for location in chunk.locations]

    def still_served(self, chunk: Chunk, today: date) -> StillServed:
        """See `PullSource`: files stay."""
        return StillServed(chunk)

    def _read(self, chunk: Chunk, location: Location) -> Series:
        file = self._folder / f"{location.location_id}.csv"
        self.opened += 1
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise LocationUnserved(f"{file} does not exist: take {location.location_id} out of the request") from None
        if not text.endswith("\n"):
            raise AnswerBroken(f"{file} is cut: it does not end with a line break")
        start, end = f"{chunk.window.start}", f"{chunk.window.end}"
        rows = [row for row in csv.DictReader(text.splitlines()) if start <= row["time"] < end]
        times = [row["time"] for row in rows]
        if times != sorted(set(times)):
            raise AnswerRefused(f"{file}: times do not rise: report it, nothing was sent")
        try:
            columns = {name: [_number(row[SERVED[name]]) for row in rows] for name in chunk.variables}
        except KeyError as error:
            raise AnswerRefused(f"{file} has no column {error}: report it, nothing was sent") from error
        return Series(location, None, times, columns)


def _number(text: str) -> float | None:
    return float(text) if text else None
