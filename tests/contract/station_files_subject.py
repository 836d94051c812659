"""The worked example as a subject of the contract: its provider is a folder of files."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.resolution import Resolution
from barograph.model.variables import Value
from barograph.model.window import Window
from tests.contract.source_contract import Trouble
from tests.contract.station_files import SERVED, StationFiles

STATIONS: Final = (Location("48.7", "2.4", "91027002"), Location("45.7", "5.1", "69029001"))
DAYS: Final = Window(date(2024, 4, 1), date(2024, 4, 3))
HOURS: Final = {"91027002": (0, 1, 2, 5), "69029001": (0, 3, 26, 47)}
"""The hours since 2024-04-01 that each station's file lists."""


@dataclass
class AtFiles:
    """Two stations' files in a folder."""

    folder: Path
    resolutions: Sequence[Resolution] = ("hourly",)
    troubles: Sequence[Trouble] = (
        "a location is not served",
        "the answer is cut",
        "a column is missing",
        "times are out of order",
    )
    made: list[StationFiles] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Write the files."""
        for station, hours in HOURS.items():
            rows = [(f"2024-04-{1 + hour // 24:02}T{hour % 24:02}:00:00Z", f"{hour + len(station) / 10}", "") for hour in hours]
            rows[0] = (*rows[0][:2], f"0.{station[0]}")
            self._write(station, [("time", *SERVED.values()), *rows])

    def _write(self, station: str, rows: Sequence[Sequence[str]]) -> None:
        with (self.folder / f"{station}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    def _read(self, location: Location) -> list[dict[str, str]]:
        with (self.folder / f"{location.location_id}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def make_source(self) -> StationFiles:
        """At the folder."""
        self.made.append(StationFiles(self.folder))
        return self.made[-1]

    def make_chunk(self, resolution: Resolution, *, is_reversed: bool = False) -> Chunk:
        """Two days of both stations."""
        stations = STATIONS[::-1] if is_reversed else STATIONS
        return Chunk("station-files/hourly", resolution, stations, tuple(SERVED), DAYS)

    def make_chunk_with_holes(self) -> Chunk:
        """The same: it mostly did not rain."""
        return self.make_chunk("hourly")

    def times(self, chunk: Chunk) -> Sequence[Sequence[str]]:
        """Those that the files list."""
        return [[row["time"] for row in self._read(location)] for location in chunk.locations]

    def said(self, chunk: Chunk) -> Sequence[Mapping[str, Sequence[Value]]]:
        """The files' columns."""
        files = [self._read(location) for location in chunk.locations]
        return [
            {name: [float(row[SERVED[name]]) if row[SERVED[name]] else None for row in rows] for name in chunk.variables}
            for rows in files
        ]

    def misbehave(self, trouble: Trouble) -> None:
        """Spoil the second station's file."""
        file = self.folder / f"{STATIONS[1].location_id}.csv"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        match trouble:
            case "a location is not served":
                file.unlink()
            case "the answer is cut":
                file.write_text("".join(lines)[:-5], encoding="utf-8")
            case "a column is missing":
                file.write_text("".join(lines).replace("rain_1h", "rain_6h"), encoding="utf-8")
            case _:
                file.write_text("".join([lines[0], *reversed(lines[1:])]), encoding="utf-8")

    def count_calls(self) -> int:
        """How many files were opened."""
        return sum(source.opened for source in self.made)
