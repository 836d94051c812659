"""How much of what was asked for there should be by the calendar."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from barograph.model.attempt import Attempt
from barograph.model.cell_block import CellBlock, CoverageIndex

ANY: Final = frozenset({"*"})
"""Stands for all variables where only days count."""


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
