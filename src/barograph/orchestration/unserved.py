"""Locations without data at their source: left out of chunks for a week, then asked for again on their own."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from barograph.model.chunk import Chunk
from barograph.store.unserved import UnservedLocation

log = logging.getLogger(__name__)

ASKED_AGAIN_AFTER: Final = timedelta(days=7)
"""Sources seldom begin to serve a location; a call of its own per week and location finds it out, and costs no batch."""


class UnservedBook(Protocol):
    """Where unserved locations are kept."""

    def read(self, source: str) -> Mapping[str, UnservedLocation]:
        """Those of `source`, by their ids."""
        ...

    def keep(self, source: str, location: UnservedLocation) -> None:
        """Remember one."""
        ...

    def forget(self, source: str, location_ids: Iterable[str]) -> None:
        """These are served again."""
        ...


@dataclass
class Unserved:
    """What one try knows of locations without data; `left_out` are those it leaves out, by source and location id."""

    book: UnservedBook
    clock: Callable[[], datetime]
    left_out: dict[tuple[str, str], UnservedLocation] = field(default_factory=dict)
    _known: dict[str, dict[str, UnservedLocation]] = field(default_factory=dict)

    def set_aside(self, chunk: Chunk, *, force: bool) -> list[Chunk]:
        """`chunk` without the locations known to have no data, and a chunk for each of them that is asked for again.

        That is after a week, or with `force`. Alone they cannot spoil a batch, which would be refused whole.
        """
        known = self._of(chunk.source)
        bad = [location for location in chunk.locations if location.location_id in known]
        if not bad:
            return [chunk]
        again = [location for location in bad if force or self._is_due(known[location.location_id])]
        for location in set(bad) - set(again):
            self.left_out[chunk.source, location.location_id] = known[location.location_id]
        rest = tuple(location for location in chunk.locations if location.location_id not in known)
        parts = ([rest] if rest else []) + [(location,) for location in again]
        return [replace(chunk, locations=part) for part in parts]

    def without_found(self, chunk: Chunk) -> Chunk | None:
        """`chunk` without what this try has found at its source; None = nothing is left of it."""
        rest = tuple(location for location in chunk.locations if (chunk.source, location.location_id) not in self.left_out)
        if len(rest) == len(chunk.locations):
            return chunk
        return replace(chunk, locations=rest) if rest else None

    def add(self, source: str, location_id: str, reason: str) -> None:
        """The source of a chunk has no data for this location."""
        now, known = self.clock(), self._of(source)
        before = known.get(location_id)
        row = UnservedLocation(location_id, before.found_at if before else now, now, reason)
        known[location_id] = self.left_out[source, location_id] = row
        self.book.keep(source, row)

    def served(self, chunk: Chunk) -> None:
        """`chunk` was answered: what was known of its locations is over."""
        known = self._of(chunk.source)
        over = [location.location_id for location in chunk.locations if location.location_id in known]
        if over:
            log.info("%s: has data again for %s", chunk.source, ", ".join(over))
            self.book.forget(chunk.source, over)
            for location_id in over:
                del known[location_id]

    def named(self, since: datetime) -> tuple[set[str], set[str]]:
        """The ids of the locations left out: those first found after `since`, and those known before."""
        news = {location_id for (_, location_id), row in self.left_out.items() if row.found_at >= since}
        return news, {location_id for _, location_id in self.left_out} - news

    def _is_due(self, row: UnservedLocation) -> bool:
        return self.clock() - row.confirmed_at >= ASKED_AGAIN_AFTER

    def _of(self, source: str) -> dict[str, UnservedLocation]:
        if source not in self._known:
            self._known[source] = dict(self.book.read(source))
        return self._known[source]
