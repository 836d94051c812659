"""What is missing: cells that were asked for and that no committed attempt covers, and the least work that lands them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from barograph.model.attempt import Attempt, Manifest
from barograph.model.cells import Cells, Taken
from barograph.model.state import is_stuck
from barograph.model.unit import Unit


@dataclass(frozen=True, slots=True)
class Fill:
    """Attempts whose records wait in Kafka, to be loaded; units to ask again; attempts somebody still works on, left alone."""

    load: list[Attempt]
    ask: list[Unit]
    running: list[Attempt]


def plan_fill(
    history: Sequence[Attempt], is_kept: Callable[[Manifest], bool], now: datetime, patience: timedelta = timedelta(0)
) -> Fill:
    """The least work that gives every cell asked for in `history` (newest first) a committed attempt; nothing is asked twice.

    `history` is of one source and resolution; `is_kept` says whether Kafka still holds all records of a manifest: then the
    attempt is loaded, also when a load of it failed before. Those that failed before they had sent everything or are spent,
    those OPEN for too long and those whose records are gone are asked again. An attempt opened within `patience` before `now` is
    left alone: whoever opened it may try again. Places that the source has no data for are not asked again.
    """
    taken = Taken(Cells.of(one.unit) for one in history if one.status == "COMMITTED" or one.is_left_out)
    load, running = list[Attempt](), list[Attempt]()
    for attempt in history:
        if attempt.status != "COMMITTED" and taken.leaves(Cells.of(attempt.unit)):
            is_young = attempt.opened_at is not None and now - attempt.opened_at < patience
            if is_young or (attempt.status == "OPEN" and not is_stuck(attempt, history, now)):
                running.append(attempt)
            elif attempt.manifest and not attempt.is_spent and is_kept(attempt.manifest):
                load.append(attempt)
            else:
                continue
            taken.add([Cells.of(attempt.unit)])
    ask = list[Unit]()
    for attempt in history:
        missing = taken.leaves(Cells.of(attempt.unit))
        ask += [unit_of(part, attempt.unit) for part in missing]
        taken.add(missing)
    return Fill(load, sorted(ask, key=lambda unit: unit.window), running)


def unit_of(cells: Cells, like: Unit) -> Unit:
    """`cells` as a question, in the order in which `like` names locations and variables."""
    return Unit(
        like.source,
        like.resolution,
        tuple(location for location in like.locations if location in cells.locations),
        tuple(name for name in like.variables if name in cells.variables),
        cells.window,
    )
