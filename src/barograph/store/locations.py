"""The locations table: every place ever asked for or imported, and which grid cell answers for it at each source."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent_with_args

from barograph.errors import RequestRefused
from barograph.model.location import Location, plain_degrees
from barograph.model.place import TaggedLocation

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


def record_cells(session: Session, keyspace: str, source: str, cells: Iterable[CellRow]) -> None:
    """Keep, per location, the cell that `source` last answered from."""
    update = session.prepare(f"UPDATE {keyspace}.locations SET latitude = ?, longitude = ?, cells[?] = ? WHERE location_id = ?")
    rows = [
        (float(location.latitude), float(location.longitude), source, (latitude, longitude, elevation), location.location_id)
        for location, latitude, longitude, elevation in cells
    ]
    execute_concurrent_with_args(session, update, rows, raise_on_first_error=True)


def keep_locations(session: Session, keyspace: str, places: Sequence[TaggedLocation]) -> None:
    """Keep named places with their tags; those already there get the new elevation and tags, unless they have them.

    Raises:
        RequestRefused: a name stands at other coordinates already; nothing was kept.
    """
    known = {one.location: one for one in list_locations(session, keyspace)}
    standing = [(place, known[place.location]) for place in places if place.location in known]
    moved = [
        f"{one.location.name} is at {_where(one.location)}: one name is one place, call the new one differently"
        for place, one in standing
        if _where(one.location) != _where(place.location)
    ]
    if moved:
        raise RequestRefused.listing(moved)
    same = {place for place, one in standing if (place.location.elevation, place.tags) == (one.location.elevation, one.tags)}
    update = session.prepare(
        f"UPDATE {keyspace}.locations SET latitude = ?, longitude = ?, name = ?, elevation = ?, tags = ? WHERE location_id = ?"
    )
    rows = [
        (
            float(location.latitude),
            float(location.longitude),
            location.name,
            None if location.elevation is None else float(location.elevation),
            set(place.tags),
            location.location_id,
        )
        for place in places
        if place not in same
        for location in [place.location]
    ]
    execute_concurrent_with_args(session, update, rows, raise_on_first_error=True)


def find_locations(session: Session, keyspace: str, locations: Iterable[Location]) -> list[Location]:
    """Those of `locations` that the table knows, with coordinates and elevation, in order."""
    query = session.prepare(f"SELECT * FROM {keyspace}.locations WHERE location_id = ?")
    results = execute_concurrent_with_args(session, query, [(one.location_id,) for one in locations], raise_on_first_error=True)
    rows = [row for _, found in results for row in found]
    return [_read(row) for row in rows]


@dataclass(frozen=True, slots=True)
class KnownLocation:
    """A row of the table; `cells` are latitude, longitude and elevation (metres) of the answering grid cell per source."""

    location: Location
    tags: frozenset[str]
    cells: Mapping[str, tuple[float, float, float | None]]


def list_locations(session: Session, keyspace: str) -> list[KnownLocation]:
    """Every place of the table, by its id."""
    rows = session.execute(f"SELECT * FROM {keyspace}.locations")
    known = [KnownLocation(_read(row), frozenset(row.tags or ()), dict(row.cells or {})) for row in rows]
    return sorted(known, key=lambda one: one.location.location_id)


def choose_by_tag(session: Session, keyspace: str, tags: Iterable[str]) -> list[Location]:
    """The imported places that carry any of `tags`, by name."""
    wanted = set(tags)
    return [one.location for one in list_locations(session, keyspace) if wanted & one.tags]


def _read(row: LocationRow) -> Location:
    elevation = None if row.elevation is None else plain_degrees(row.elevation)
    name = Location.from_id(row.location_id).name
    return Location(plain_degrees(row.latitude), plain_degrees(row.longitude), name, elevation)


def _where(location: Location) -> str:
    return f"{location.latitude},{location.longitude}"
