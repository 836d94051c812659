"""What is missing: cells that were asked for and that no committed attempt covers, and the least work that lands them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from barograph.model.attempt import Attempt, Manifest
from barograph.model.cell_block import CellBlock, CoverageIndex
from barograph.model.chunk import Chunk
from barograph.model.state import is_stuck


@dataclass(frozen=True, slots=True)
class Fill:
    """Attempts whose records wait in Kafka, to be loaded; chunks to ask again; attempts somebody still works on, left alone."""

    load: list[Attempt]
    ask: list[Chunk]
    running: list[Attempt]


def plan_fill(
    history: Sequence[Attempt], is_kept: Callable[[Manifest], bool], now: datetime, patience: timedelta = timedelta(0)
) -> Fill:
    """The least work that gives every cell asked for in `history` (newest first) a committed attempt; nothing is asked twice.

    `history` is of one source and resolution; `is_kept` says whether Kafka still holds all records of a manifest: then the
    attempt is loaded, also when a load of it failed before. Those that failed before they had sent everything or are spent,
    those OPEN for too long and those whose records are gone are asked again. An attempt opened within `patience` before `now` is
    left alone: whoever opened it may try again. Locations that the source has no data for are not asked again.
    """
    taken = CoverageIndex(CellBlock.of(one.chunk) for one in history if one.status == "COMMITTED" or one.is_excluded)
    load, running = list[Attempt](), list[Attempt]()
    for attempt in history:
        if attempt.status != "COMMITTED" and taken.leaves(CellBlock.of(attempt.chunk)):
            is_young = attempt.opened_at is not None and now - attempt.opened_at < patience
            if is_young or (attempt.status == "OPEN" and not is_stuck(attempt, history, now)):
                running.append(attempt)
            elif attempt.manifest and not attempt.is_unrecoverable and is_kept(attempt.manifest):
                load.append(attempt)
            else:
                continue
            taken.add([CellBlock.of(attempt.chunk)])
    ask = list[Chunk]()
    for attempt in history:
        missing = taken.leaves(CellBlock.of(attempt.chunk))
        ask += [chunk_of(part, attempt.chunk) for part in missing]
        taken.add(missing)
    return Fill(load, sorted(ask, key=lambda chunk: chunk.window), running)


def chunk_of(cells: CellBlock, like: Chunk) -> Chunk:
    """`cells` as a question, in the order in which `like` names locations and variables."""
    return Chunk(
        like.source,
        like.resolution,
        tuple(location for location in like.locations if location in cells.locations),
        tuple(name for name in like.variables if name in cells.variables),
        cells.window,
        like.time_rule,
    )
