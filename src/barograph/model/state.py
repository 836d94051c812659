"""The state of an attempt as the ledger's rows tell it together: what is stored, or what newer attempts made of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal

from barograph.model.attempt import Attempt, Status
from barograph.model.cell_block import CellBlock, subtract

State = Literal[Status, "SUPERSEDED", "REPLACING"]
"""SUPERSEDED: newer committed attempts answer for every cell. REPLACING: it may have begun to write, and is not committed."""

LONGEST_TASK: Final = timedelta(hours=6)
"""The longest that a task may run (its execution timeout): an attempt that is OPEN for longer has no task working on it."""


def newer_committed(attempt: Attempt, history: Iterable[Attempt]) -> list[Attempt]:
    """The committed attempts of `history` that are newer and share cells with `attempt`, in the order of `history`."""
    return [
        other
        for other in history
        if other.status == "COMMITTED" and other.version > attempt.version and _is_neighbour(attempt, other)
    ]


def is_superseded(attempt: Attempt, history: Iterable[Attempt]) -> bool:
    """Whether newer committed attempts of `history`, one or several together, asked for every cell of `attempt`."""
    return covers(newer_committed(attempt, history), attempt)


def covers(newer: Iterable[Attempt], attempt: Attempt) -> bool:
    """Whether `newer` attempts together asked for every cell of `attempt`."""
    return not subtract([CellBlock.of(attempt.chunk)], [CellBlock.of(other.chunk) for other in newer])


def derive_state(attempt: Attempt, history: Iterable[Attempt]) -> State:
    """The state of `attempt` among the attempts of `history` (at its source and resolution; itself may be among them)."""
    if is_superseded(attempt, history):
        return "SUPERSEDED"
    if attempt.status in {"EXTRACTED", "FAILED"} and attempt.manifest is not None:
        return "REPLACING"
    return attempt.status


def is_stuck(attempt: Attempt, now: datetime) -> bool:
    """Whether `attempt` is OPEN since before the longest task began, so that no one works on it any more."""
    is_old = attempt.opened_at is None or now - attempt.opened_at > LONGEST_TASK
    return attempt.status == "OPEN" and is_old


def _is_neighbour(attempt: Attempt, other: Attempt) -> bool:
    mine, its = attempt.chunk, other.chunk
    return (mine.source, mine.resolution) == (its.source, its.resolution) and attempt.overlaps(other)
