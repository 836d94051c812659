"""What is missing: cells that no committed attempt covers though they were asked for or should have been, and what lands them."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from barograph.model.attempt import Attempt, Manifest
from barograph.model.cell_block import CellBlock, CoverageIndex
from barograph.model.chunk import Chunk
from barograph.model.state import is_stuck
from barograph.model.window import Window


@dataclass(frozen=True, slots=True)
class Gap:
    """Cells to ask for, and why they are missing."""

    chunk: Chunk
    why: str

    @property
    def gap_id(self) -> str:
        """How people name it: the same as long as the same cells are missing."""
        asked = {**self.chunk.to_json(), "locations": sorted(location.location_id for location in self.chunk.locations)}
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Fill:
    """The least work that lands what is missing.

    `load`: attempts whose records wait in Kafka. `ask`: gaps to ask for. `running`: attempts someone still works on, left
    alone. `stuck`: attempts that are OPEN and that no one works on any more, to be closed.
    """

    load: list[Attempt] = field(default_factory=list)
    ask: list[Gap] = field(default_factory=list)
    running: list[Attempt] = field(default_factory=list)
    stuck: list[Attempt] = field(default_factory=list)


def plan_fill(
    unfinished: Sequence[Attempt],
    covered: Iterable[CellBlock],
    is_kept: Callable[[Manifest], bool],
    now: datetime,
    patience: timedelta = timedelta(0),
) -> Fill:
    """The least work that gives every cell asked for by `unfinished` (newest first) a committed attempt; nothing is asked twice.

    `unfinished` are attempts of one source and resolution that are not committed; `covered` are the cells among theirs that
    committed attempts asked for, or that are not asked again. `is_kept` says whether Kafka still holds all records of a
    manifest: then the attempt is loaded, also when a load of it failed before. Those that failed before they had sent
    everything or are unrecoverable, those that are stuck and those whose records are gone are asked again. An attempt opened
    within `patience` before `now` is left alone: whoever opened it may try again.
    """
    taken = CoverageIndex([*covered, *(CellBlock.of(one.chunk) for one in unfinished if one.is_excluded)])
    fill = Fill(stuck=[one for one in unfinished if is_stuck(one, now)])
    for attempt in unfinished:
        if taken.leaves(CellBlock.of(attempt.chunk)):
            is_young = bool(patience) and attempt.opened_at is not None and now - attempt.opened_at < patience
            if is_young or (attempt.status == "OPEN" and not is_stuck(attempt, now)):
                fill.running.append(attempt)
            elif attempt.manifest and not attempt.is_unrecoverable and is_kept(attempt.manifest):
                fill.load.append(attempt)
            else:
                continue
            taken.add([CellBlock.of(attempt.chunk)])
    for attempt in unfinished:
        missing = taken.leaves(CellBlock.of(attempt.chunk))
        fill.ask.extend(Gap(chunk_of(part, attempt.chunk), _why(attempt, now)) for part in missing)
        taken.add(missing)
    fill.ask.sort(key=lambda gap: gap.chunk.window)
    return fill


def _why(attempt: Attempt, now: datetime) -> str:
    if is_stuck(attempt, now):
        return f"{attempt.attempt_id} was never finished"
    if attempt.manifest and not attempt.message:
        return f"{attempt.attempt_id}: Kafka no longer holds its records"
    return f"{attempt.attempt_id} is {attempt.status}: {attempt.message or 'no reason is stored'}"


def split_at(gap: Gap, day: date) -> tuple[Gap | None, Gap | None]:
    """What of `gap` lies before `day`, and from that day on; None = nothing."""
    window = gap.chunk.window
    before = Window(window.start, min(window.end, day)) if window.start < day else None
    after = Window(max(window.start, day), window.end) if day < window.end else None
    parts = [replace(gap, chunk=replace(gap.chunk, window=part)) if part else None for part in (before, after)]
    return parts[0], parts[1]


def chunk_of(cells: CellBlock, like: Chunk) -> Chunk:
    """`cells` as a chunk, in the order in which `like` names locations and variables."""
    return Chunk(
        like.source,
        like.resolution,
        tuple(location for location in like.locations if location in cells.locations),
        tuple(name for name in like.variables if name in cells.variables),
        cells.window,
        like.time_rule,
    )
