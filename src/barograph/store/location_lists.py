"""Lists of locations, stored once under the digest of their content: attempts and plans refer to them."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from barograph.errors import RequestRefused
from barograph.model.location import Location
from barograph.store.queries import Queries

PART: Final = 1000
"""Locations in one row: a cell of some 50 kB."""

MAX_CACHED: Final = 100_000
"""Locations that a process keeps in memory: some 30 MB."""


class LocationLists:
    """Reads and writes `location_lists`. Lists never change, so each is read once per process while it is in use."""

    def __init__(self, queries: Queries, max_cached: int = MAX_CACHED) -> None:
        self._queries, self._max_cached = queries, max_cached
        self._known: OrderedDict[str, tuple[Location, ...]] = OrderedDict()
        self._cached = 0

    def keep(self, locations: Sequence[Location]) -> str:
        """Store `locations` in order; returns the id to read them by. Stored again, nothing changes."""
        parts = _parts(locations)
        list_id = _digest(parts)
        if list_id not in self._known:
            insert = "INSERT INTO location_lists (list_id, part, locations) VALUES (?, ?, ?)"
            self._queries.write_each(insert, [(list_id, number, text) for number, text in enumerate(parts)])
            self._remember(list_id, tuple(locations))
        return list_id

    def read(self, list_ids: Iterable[str]) -> dict[str, tuple[Location, ...]]:
        """The lists of these ids.

        Raises:
            RequestRefused: one is missing, or not the one that was stored.
        """
        wanted = dict.fromkeys(list_ids)
        found = {list_id: self._known[list_id] for list_id in wanted if list_id in self._known}
        for list_id in found:
            self._known.move_to_end(list_id)
        missing = [list_id for list_id in wanted if list_id not in found]
        select = "SELECT part, locations FROM location_lists WHERE list_id = ?"
        for list_id, rows in zip(missing, self._queries.run_each(select, [(one,) for one in missing]), strict=True):
            found[list_id] = _read(list_id, {row.part: row.locations for row in rows})
            self._remember(list_id, found[list_id])
        return found

    def _remember(self, list_id: str, locations: tuple[Location, ...]) -> None:
        self._known[list_id] = locations
        self._cached += len(locations)
        while self._cached > self._max_cached and len(self._known) > 1:
            self._cached -= len(self._known.popitem(last=False)[1])


def _parts(locations: Sequence[Location]) -> list[str]:
    return [
        json.dumps([location.to_json() for location in locations[start : start + PART]])
        for start in range(0, len(locations), PART)
    ]


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _read(list_id: str, parts: dict[int, str | None]) -> tuple[Location, ...]:
    texts = [parts[number] or "" for number in sorted(parts)]
    if not texts or _digest(texts) != list_id:
        what = f"its {len(texts)} parts are not those that were stored" if texts else "it is not in the store"
        raise RequestRefused(
            f"location list {list_id} cannot be used: {what}. Clear the plan task and then the produce task of a run that asks "
            "for the same locations, which stores the list again, or restore table location_lists from a backup"
        )
    return tuple(Location.from_json(entry) for text in texts for entry in json.loads(text))
