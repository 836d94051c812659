"""The locations table: every location ever asked for or imported, and which grid cell answers for it at each source."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from shlex import quote
from typing import Final, Protocol, TypeVar

from cassandra.query import UNSET_VALUE

from barograph.errors import RequestRefused
from barograph.model.location import Location, plain_degrees
from barograph.model.tagged_location import TaggedLocation, normalise_name
from barograph.store.queries import Queries

CellRow = tuple[Location, float, float, float | None]
"""A location, its cell's latitude and longitude in degrees, and elevation in metres (None = not said)."""

Item = TypeVar("Item")

KEYS: Final = 100
"""Locations that one query looks up: a query for each takes ten times as long, most of it in the client."""

SLICE: Final = 1000
"""Locations that are looked up or written before progress is reported: their rows are in memory at once."""


class LocationRow(Protocol):
    """A row of locations as the driver gives it."""

    location_id: str
    latitude: float
    longitude: float
    elevation: float | None
    tags: set[str] | None
    cells: dict[str, tuple[float, float, float | None]] | None
    earlier: dict[datetime, tuple[float, float, float | None]] | None
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownLocation:
    """A row of the table.

    `cells` are latitude, longitude and elevation (metres) of the answering grid cell per source. `earlier` are coordinates and
    elevation that held before, by the instant (UTC) until which they did. `retired_at`: see `Locations.retire`, None = it is not.
    """

    location: Location
    tags: frozenset[str]
    cells: Mapping[str, tuple[float, float, float | None]]
    earlier: Mapping[datetime, tuple[float, float, float | None]]
    retired_at: datetime | None


class Locations:
    """Reads and writes `locations`."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def record_cells(self, source: str, cells: Iterable[CellRow]) -> None:
        """Keep, per location, the cell that `source` last answered from."""
        update = "UPDATE locations SET latitude = ?, longitude = ?, cells[?] = ? WHERE location_id = ?"
        rows = [
            (float(location.latitude), float(location.longitude), source, (latitude, longitude, elevation), location.location_id)
            for location, latitude, longitude, elevation in cells
        ]
        self._queries.write_each(update, rows)

    def keep(
        self,
        locations: Sequence[TaggedLocation],
        report: Callable[[int], None] = lambda done: None,
    ) -> None:
        """Keep named locations with their tags; those already there get the new elevation and tags, and are no longer retired.

        Each is looked up by its key, and only what differs is written. `report` is given the number of locations that were looked
        up or written: each counts once in both steps.

        Raises:
            RequestRefused: a name is known at other coordinates; nothing was kept.
        """
        changed, moved = list[tuple[TaggedLocation, bool]](), list[str]()
        for batch in _slices(locations):
            known = {row.location: row for row in self._find([tagged.location for tagged in batch])}
            for tagged in batch:
                row = known.get(tagged.location)
                if row and _coordinates(row.location) != _coordinates(tagged.location):
                    moved.append(_describe_move(row.location, tagged.location))
                elif (
                    row is None
                    or row.retired_at
                    or (row.location.elevation, row.tags) != (tagged.location.elevation, tagged.tags)
                ):
                    changed.append((tagged, bool(row and row.retired_at)))
            report(len(batch))
        if moved:
            raise RequestRefused.listing(moved)
        report(len(locations) - len(changed))
        for part in _slices(changed):
            self._write(part)
            report(len(part))

    def find(self, locations: Iterable[Location]) -> list[Location]:
        """Those of `locations` that the table knows, with coordinates and elevation, in order."""
        return [known.location for known in self._find(locations)]

    def get(self, location_id: str) -> KnownLocation:
        """The row of `location_id` as it is, else of its normalised form (see `normalise_name`).

        Raises:
            RequestRefused: there is none.
        """
        for form in dict.fromkeys((location_id, normalise_name(location_id))):
            if form and (known := self._find([Location.from_id(form)])):
                return known[0]
        raise RequestRefused(f"location {location_id!r} was never asked for or imported: `barograph locations list` shows all")

    def scan(self) -> Iterator[KnownLocation]:
        """Every location of the table, in no order, read page by page."""
        return (_read(row) for row in self._queries.run("SELECT * FROM locations"))

    def find_by_tag(self, tag: str) -> Iterator[KnownLocation]:
        """The locations that carry `tag`, retired ones too, in no order, read page by page."""
        query = "SELECT * FROM locations WHERE tags CONTAINS ?"
        return (_read(row) for row in self._queries.run(query, tag))

    def choose_by_tag(self, tags: Iterable[str]) -> list[Location]:
        """The imported locations that carry any of `tags` and are not retired, by name."""
        forms = {form for tag in tags for form in (tag, normalise_name(tag))}
        chosen = {known.location for tag in forms for known in self.find_by_tag(tag) if not known.retired_at}
        return sorted(chosen, key=lambda location: location.location_id)

    def move(self, name: str, latitude: str, longitude: str, elevation: str | None) -> Location:
        """Give a named location other coordinates (and elevation in metres, None = the source's own); returns it as it was.

        What was recorded stays under the name, and the row keeps until when the coordinates before held.

        Raises:
            RequestRefused: there is no such named location, or it is there already.
        """
        was = self._named(name, "is its own coordinates: ask for the other coordinates instead").location
        if (was.latitude, was.longitude, was.elevation) == (latitude, longitude, elevation):
            raise RequestRefused(f"{was.name} is at {_coordinates(was)} already: nothing to move")
        update = "UPDATE locations SET latitude = ?, longitude = ?, elevation = ?, earlier[?] = ? WHERE location_id = ?"
        held = (float(was.latitude), float(was.longitude), _metres(was.elevation))
        there = (float(latitude), float(longitude), _metres(elevation))
        self._queries.run(update, *there, datetime.now(UTC), held, was.location_id)
        return was

    def retire(self, name: str) -> None:
        """Let no run choose a named location by its tags any more; its row and its values stay.

        Raises:
            RequestRefused: there is no such named location, or it is retired already.
        """
        known = self._named(name, "is chosen by coordinates: take it out of Variables latitudes and longitudes")
        if known.retired_at:
            raise RequestRefused(f"{known.location.name} is retired since {known.retired_at:%Y-%m-%dT%H:%M:%SZ}: nothing to do")
        update = "UPDATE locations SET retired_at = ? WHERE location_id = ?"
        self._queries.run(update, datetime.now(UTC), known.location.location_id)

    def _named(self, name: str, otherwise: str) -> KnownLocation:
        known = self.get(name)
        if known.location.name is None:
            raise RequestRefused(f"location {name} {otherwise}")
        return known

    def _find(self, locations: Iterable[Location]) -> list[KnownLocation]:
        """Those of `locations` that the table knows, in order; looked up by their keys, `KEYS` in one query."""
        query = "SELECT * FROM locations WHERE location_id IN ?"
        ids = list(dict.fromkeys(location.location_id for location in locations))
        batches = [(ids[at : at + KEYS],) for at in range(0, len(ids), KEYS)]
        known = {row.location_id: _read(row) for found in self._queries.run_each(query, batches) for row in found}
        return [known[location_id] for location_id in ids if location_id in known]

    def _write(self, changed: Iterable[tuple[TaggedLocation, bool]]) -> None:
        """Write locations; each comes with whether it is retired now and shall no longer be."""
        update = (
            "UPDATE locations SET latitude = ?, longitude = ?, name = ?, elevation = ?, tags = ?, retired_at = ? "
            "WHERE location_id = ?"
        )
        rows = [
            (
                float(tagged.location.latitude),
                float(tagged.location.longitude),
                tagged.location.name,
                _metres(tagged.location.elevation),
                set(tagged.tags),
                None if is_retired else UNSET_VALUE,
                tagged.location.location_id,
            )
            for tagged, is_retired in changed
        ]
        self._queries.write_each(update, rows)


def _slices(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[at : at + SLICE] for at in range(0, len(items), SLICE))


def _read(row: LocationRow) -> KnownLocation:
    elevation = None if row.elevation is None else plain_degrees(row.elevation)
    name = Location.from_id(row.location_id).name
    location = Location(plain_degrees(row.latitude), plain_degrees(row.longitude), name, elevation)
    earlier = {until.replace(tzinfo=UTC): held for until, held in (row.earlier or {}).items()}
    retired_at = row.retired_at.replace(tzinfo=UTC) if row.retired_at else None
    return KnownLocation(location, frozenset(row.tags or ()), dict(row.cells or {}), earlier, retired_at)


def _differs(known: KnownLocation, given: TaggedLocation) -> bool:
    return (known.location.elevation, known.tags) != (given.location.elevation, given.tags)


def _metres(elevation: str | None) -> float | None:
    return None if elevation is None else float(elevation)


def _coordinates(location: Location) -> str:
    return f"{location.latitude},{location.longitude}"


def _describe_move(known: Location, given: Location) -> str:
    command = f"barograph locations move {quote(str(given.name))} {_coordinates(given)}"
    return f"{known.name} is at {_coordinates(known)}, not at {_coordinates(given)}: `{command}` moves it, or give another name"
