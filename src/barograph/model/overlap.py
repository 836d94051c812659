"""Attempts that share cells, found without looking at every pair."""

from collections.abc import Iterable

from barograph.model.attempt import Attempt

Key = tuple[str, str, int]
"""Source, resolution and month (yyyymm)."""


class OverlapIndex:
    """Attempts by source, resolution and the months of their windows."""

    def __init__(self, attempts: Iterable[Attempt] = ()) -> None:
        self._near: dict[Key, list[Attempt]] = {}
        for attempt in attempts:
            for key in _keys(attempt):
                self._near.setdefault(key, []).append(attempt)

    def of(self, attempt: Attempt) -> list[Attempt]:
        """The others that asked for cells of `attempt`, newest first."""
        near = {other.version: other for key in _keys(attempt) for other in self._near.get(key, [])}
        near.pop(attempt.version, None)
        return sorted((other for other in near.values() if other.overlaps(attempt)), key=lambda other: -other.version)


def _keys(attempt: Attempt) -> list[Key]:
    return [(attempt.chunk.source, attempt.chunk.resolution, month) for month in attempt.chunk.window.months]
