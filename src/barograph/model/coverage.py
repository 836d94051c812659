"""The state of the ledger as a whole: days that no committed attempt covers, work left undone, attempts that are stuck."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from barograph.model.attempt import Attempt
from barograph.model.cell_block import CellBlock, CoverageIndex, subtract
from barograph.model.location import Location
from barograph.model.overlap import OverlapIndex
from barograph.model.state import derive_state, is_stuck
from barograph.model.window import Window

ANY: Final = frozenset({"*"})
"""Stands for all variables where only days count."""


def find_gaps(history: Sequence[Attempt]) -> list[CellBlock]:
    """Days between the oldest and the newest asked day of each location that no committed attempt of `history` covers.

    `history` is of one source and resolution; variables are left aside. Days that were never asked for are gaps too.
    """
    hulls: dict[Location, Window] = {}
    for attempt in history:
        window = attempt.chunk.window
        for location in attempt.chunk.locations:
            known = hulls.get(location, window)
            hulls[location] = Window(min(known.start, window.start), max(known.end, window.end))
    groups: dict[Window, list[Location]] = {}
    for location, window in hulls.items():
        groups.setdefault(window, []).append(location)
    asked = [CellBlock(frozenset(locations), ANY, window) for window, locations in groups.items()]
    return sorted(subtract(asked, days_of(one for one in history if one.status == "COMMITTED")), key=lambda gap: gap.window)


def days_of(attempts: Iterable[Attempt]) -> list[CellBlock]:
    """What `attempts` asked for, variables left aside."""
    return [replace(CellBlock.of(attempt.chunk), variables=ANY) for attempt in attempts]


def count_expected(attempts: Sequence[Attempt]) -> int:
    """Observations that the calendar puts into what `attempts` (of one source and resolution) asked for, each counted once."""
    counted = CoverageIndex()
    expected = 0
    for block, attempt in zip(days_of(attempts), attempts, strict=True):
        for part in counted.leaves(block):
            expected += len(part.locations) * part.window.count(attempt.chunk.resolution)
        counted.add([block])
    return expected


def find_oldest_pending(history: Sequence[Attempt]) -> Attempt | None:
    """The attempt with the oldest window that is neither committed nor superseded; None = there is none."""
    near = OverlapIndex(history)
    undone = [attempt for attempt in history if attempt.status != "COMMITTED"]
    pending = [attempt for attempt in undone if derive_state(attempt, near.of(attempt)) != "SUPERSEDED"]
    return min(pending, key=lambda attempt: (attempt.chunk.window, attempt.version), default=None)


def find_stuck(history: Sequence[Attempt], now: datetime) -> list[Attempt]:
    """The attempts of `history` that are OPEN and that no task works on any more."""
    return [attempt for attempt in history if is_stuck(attempt, history, now)]
