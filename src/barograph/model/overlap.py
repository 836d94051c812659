"""Attempts that share cells, found without looking at every pair."""

from collections.abc import Iterable

from barograph.model.attempt import Attempt
from barograph.model.location import Location, location_set

Key = tuple[str, str, int]
"""Source, resolution and month (yyyymm)."""


class OverlapIndex:
    """Attempts by source, resolution and the months of their windows, each with the set of its locations."""

    def __init__(self, attempts: Iterable[Attempt] = ()) -> None:
        self._near: dict[Key, list[tuple[Attempt, frozenset[Location]]]] = {}
        sets = dict[int, frozenset[Location]]()  # by the identity of a list, which many attempts share: hashing it takes longer
        for attempt in attempts:
            identity = id(attempt.chunk.locations)
            if identity not in sets:
                sets[identity] = location_set(attempt.chunk.locations)
            locations = sets[identity]
            for key in _keys(attempt):
                self._near.setdefault(key, []).append((attempt, locations))

    def of(self, attempt: Attempt) -> list[Attempt]:
        """The others that asked for cells of `attempt`, newest first."""
        asked, locations = attempt.chunk, location_set(attempt.chunk.locations)
        variables = frozenset(asked.variables)
        found = {
            other.version: other
            for key in _keys(attempt)
            for other, theirs in self._near.get(key, [])
            if other.version != attempt.version
            and asked.window.overlaps(other.chunk.window)
            and not variables.isdisjoint(other.chunk.variables)
            and not locations.isdisjoint(theirs)
        }
        return sorted(found.values(), key=lambda other: -other.version)


def _keys(attempt: Attempt) -> list[Key]:
    return [(attempt.chunk.source, attempt.chunk.resolution, month) for month in attempt.chunk.window.months]
