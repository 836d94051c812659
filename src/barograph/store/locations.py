"""The locations table: every location ever asked for or imported, and which grid cell answers for it at each source."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from barograph.errors import RequestRefused
from barograph.model.location import Location, plain_degrees
from barograph.model.place import TaggedLocation
from barograph.store.queries import Queries

CellRow = tuple[Location, float, float, float | None]
"""A location, its cell's latitude and longitude in degrees, and elevation in metres (None = not said)."""


class LocationRow(Protocol):
    """A row of locations as the driver gives it."""

    location_id: str
    latitude: float
    longitude: float
    elevation: float | None
    tags: set[str] | None
    cells: dict[str, tuple[float, float, float | None]] | None


@dataclass(frozen=True, slots=True)
class KnownLocation:
    """A row of the table; `cells` are latitude, longitude and elevation (metres) of the answering grid cell per source."""

    location: Location
    tags: frozenset[str]
    cells: Mapping[str, tuple[float, float, float | None]]


class Locations:
    """Reads and writes `locations`."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def record_cells(self, source: str, cells: Iterable[CellRow]) -> None:
        """Keep, per location, the cell that `source` last answered from."""
        self._queries.write_each(
            "UPDATE locations SET latitude = ?, longitude = ?, cells[?] = ? WHERE location_id = ?",
            [
                (
                    float(location.latitude),
                    float(location.longitude),
                    source,
                    (latitude, longitude, elevation),
                    location.location_id,
                )
                for location, latitude, longitude, elevation in cells
            ],
        )

    def keep(self, named: Sequence[TaggedLocation]) -> None:
        """Keep named locations with their tags; those already there get the new elevation and tags, unless they have them.

        Raises:
            RequestRefused: a name has other coordinates already; nothing was kept.
        """
        known = {found.location: found for found in self.find(tagged.location for tagged in named)}
        there = [(tagged, known[tagged.location]) for tagged in named if tagged.location in known]
        moved = [
            f"{found.location.name} is at {_where(found.location)}: one name is one location, call the new one differently"
            for tagged, found in there
            if _where(found.location) != _where(tagged.location)
        ]
        if moved:
            raise RequestRefused.listing(moved)
        same = {
            tagged
            for tagged, found in there
            if (tagged.location.elevation, tagged.tags) == (found.location.elevation, found.tags)
        }
        self._queries.write_each(
            "UPDATE locations SET latitude = ?, longitude = ?, name = ?, elevation = ?, tags = ? WHERE location_id = ?",
            [_row(tagged) for tagged in named if tagged not in same],
        )

    def find(self, locations: Iterable[Location]) -> list[KnownLocation]:
        """Those of `locations` that the table knows, in order."""
        select = "SELECT * FROM locations WHERE location_id = ?"
        return [_read(row) for rows in self._queries.run_each(select, [(one.location_id,) for one in locations]) for row in rows]

    def list_all(self) -> list[KnownLocation]:
        """Every location of the table, by its id."""
        return sorted(map(_read, self._queries.run("SELECT * FROM locations")), key=lambda known: known.location.location_id)

    def choose_by_tag(self, tags: Iterable[str]) -> list[Location]:
        """The imported locations that carry any of `tags`, by name."""
        wanted = set(tags)
        return [known.location for known in self.list_all() if wanted & known.tags]


def _row(tagged: TaggedLocation) -> tuple[object, ...]:
    location = tagged.location
    elevation = None if location.elevation is None else float(location.elevation)
    return float(location.latitude), float(location.longitude), location.name, elevation, set(tagged.tags), location.location_id


def _read(row: LocationRow) -> KnownLocation:
    elevation = None if row.elevation is None else plain_degrees(row.elevation)
    name = Location.from_id(row.location_id).name
    location = Location(plain_degrees(row.latitude), plain_degrees(row.longitude), name, elevation)
    return KnownLocation(location, frozenset(row.tags or ()), dict(row.cells or {}))


def _where(location: Location) -> str:
    return f"{location.latitude},{location.longitude}"
