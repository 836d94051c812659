"""Attempts that share cells, found without looking at every pair: a ledger may hold tens of thousands."""

from collections.abc import Iterable

from barograph.model.attempt import Attempt

Key = tuple[str, str, int]
"""Source, resolution and month (counted from year 0)."""


class OverlapIndex:
    """Attempts by source, resolution and the months of their windows; `newest` is the highest version it holds."""

    def __init__(self, attempts: Iterable[Attempt] = ()) -> None:
        self._near: dict[Key, list[Attempt]] = {}
        self.newest = -1
        self.add(attempts)

    def add(self, attempts: Iterable[Attempt]) -> None:
        """Take these in as well."""
        for attempt in attempts:
            self.newest = max(self.newest, attempt.version)
            for key in _keys(attempt):
                self._near.setdefault(key, []).append(attempt)

    def of(self, attempt: Attempt) -> list[Attempt]:
        """The others that asked for cells of `attempt`, newest first."""
        near = {other.version: other for key in _keys(attempt) for other in self._near.get(key, [])}
        near.pop(attempt.version, None)
        return sorted((one for one in near.values() if one.overlaps(attempt)), key=lambda one: -one.version)


def _keys(attempt: Attempt) -> list[Key]:
    return [(attempt.chunk.source, attempt.chunk.resolution, month) for month in attempt.chunk.window.months]
