"""A file of observations, served in the place of made-up weather.

The file is CSV, gzipped: latitude, longitude, time (UTC, every hour at most once), then variables by their hourly
names, in the variables file's units but for the wind, which is in m/s. An empty cell and an hour that is not there
are null. A value of the file is answered as it stands; the wind in km/h is the exact decimal product by 3.6, rounded
half away from zero to one decimal.
"""

import csv
import gzip
import math
from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from barograph.model.variables import get_variable
from stack.standin.profiles import hour_of
from stack.standin.spans import Span

NO_VALUE = math.nan

MAX_LINE: Final = 10_000
"""Characters of one line, several times what all variables of an hour need."""

MAX_VALUES: Final = 100_000_000
"""Values that are held, 800 MB; a hole of a file holds one for each of its hours."""

OF_STATION: Final = 200
"""Values whose memory a station takes by itself."""


def read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The lines of a file with their numbers, the first one too, unpacked one after the other.

    Raises:
        ValueError: one is longer than `MAX_LINE` or no CSV, or there is none; the message names the file and the line.
    """
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        lines = csv.reader(_bounded_lines(text))
        try:
            yield from ((lines.line_num, row) for row in lines)
        except (csv.Error, ValueError) as error:
            raise ValueError(f"{path} line {lines.line_num + 1}: {error}") from error
        if not lines.line_num:
            raise ValueError(f"{path} is empty: its first line must name latitude, longitude, time and variables")


def _bounded_lines(text: TextIO) -> Iterator[str]:
    while line := text.readline(MAX_LINE):
        if len(line) == MAX_LINE:
            raise ValueError(f"it has more than {MAX_LINE} characters, which is no hour of a station")
        yield line


class Station:
    """One place of the file: an array per variable, from its first hour to its last, `NO_VALUE` where it has none."""

    def __init__(self, first_hour: int, names: Sequence[str]) -> None:
        self.first_hour = first_hour
        self.arrays = {name: array("d") for name in names}
        self.count = 0

    def add(self, hour: int, texts: Sequence[str], room: int) -> int:
        """Append the observations of an hour later than all before; takes and gives the values that there is room for."""
        gap = hour - self.first_hour - self.count
        if gap < 0:
            raise ValueError(f"hours must rise and differ: {hour} since 1970 comes too late")
        left = room - (gap + 1) * max(1, len(self.arrays))
        if left < 0:
            raise ValueError(f"the file has more than {MAX_VALUES} values, with its hours that are missing: replay a part of it")
        for values, text in zip(self.arrays.values(), texts, strict=True):
            values.extend([NO_VALUE] * gap)
            values.append(float(text) if text else NO_VALUE)
        self.count += gap + 1
        return left


class Replay:
    """The stations of a file by latitude and longitude, which are compared as numbers."""

    def __init__(self, name: str, stations: dict[tuple[float, float], Station]) -> None:
        self.name = name
        self.stations = stations

    @classmethod
    def load(cls, path: Path) -> "Replay":
        """Read a file.

        Raises:
            ValueError: a line does not fit; the message names the file and the line.
            RequestRefused: a column is no hourly variable.
        """
        stations: dict[tuple[float, float], Station] = {}
        rows, left = read_rows(path), MAX_VALUES
        names = next(rows)[1][3:]
        for name in names:
            get_variable(name, "hourly")
        for number, row in rows:
            try:
                latitude, longitude, time, *texts = row
                hour = hour_of(datetime.fromisoformat(time).replace(tzinfo=UTC))
                place = (float(latitude), float(longitude))
                if place not in stations:
                    stations[place], left = Station(hour, names), left - OF_STATION
                left = stations[place].add(hour, texts, left)
            except ValueError as error:
                raise ValueError(f"{path} line {number}: {error}") from error
        return cls(path.name, stations)

    def columns(self, latitude: float, longitude: float, span: Span) -> "ReplayedColumns":
        """The columns of a place for the span's hours; all null where the file does not have the place."""
        return ReplayedColumns(self.stations.get((latitude, longitude)), span)


class ReplayedColumns:
    """Columns of one place of the file; see `stack.standin.columns.Columns`."""

    is_exact = True

    def __init__(self, station: Station | None, span: Span) -> None:
        self.station = station
        self.first_hour = span.first_hour
        self._count = span.end_hour - span.first_hour

    def hourly(self, name: str) -> Sequence[float | None]:
        """The file's column; all null for a variable that it does not have."""
        if self.station is None or name not in self.station.arrays:
            return [None] * self._count
        start = self.first_hour - self.station.first_hour
        before = min(max(0, -start), self._count)
        held = self.station.arrays[name][max(0, start) : max(0, start + self._count)]
        values: list[float | None] = [None] * before
        values += [None if math.isnan(value) else value for value in held]
        return values + [None] * (self._count - len(values))

    def given_in(self, name: str) -> str | None:
        """The file's wind is in m/s."""
        return "m/s" if get_variable(name, "hourly").unit == "km/h" else None
