"""Locations that a source has no data for, remembered so that they are not searched for again in every run."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from barograph.store.queries import Queries

MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class UnservedLocation:
    """A location without data at a source: when that was found, when it was last confirmed (UTC), and the source's words."""

    location_id: str
    found_at: datetime
    confirmed_at: datetime
    reason: str


class UnservedLocations:
    """Reads and writes `unserved_locations`; rows go 90 days after they were last confirmed."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def read(self, source: str) -> dict[str, UnservedLocation]:
        """The locations that `source` has no data for, by their ids."""
        return {
            row.location_id: UnservedLocation(
                row.location_id, row.found_at.replace(tzinfo=UTC), row.confirmed_at.replace(tzinfo=UTC), row.reason
            )
            for row in self._queries.run("SELECT * FROM unserved_locations WHERE source = ?", source)
        }

    def keep(self, source: str, location: UnservedLocation) -> None:
        """Remember `location`."""
        insert = "INSERT INTO unserved_locations (source, location_id, found_at, confirmed_at, reason) VALUES (?, ?, ?, ?, ?)"
        row = (source, location.location_id, location.found_at, location.confirmed_at, location.reason[:MAX_REASON])
        self._queries.run(insert, *row)

    def forget(self, source: str, location_ids: Iterable[str]) -> None:
        """`source` has data for these again."""
        delete = "DELETE FROM unserved_locations WHERE source = ? AND location_id = ?"
        self._queries.write_each(delete, [(source, location_id) for location_id in location_ids])
