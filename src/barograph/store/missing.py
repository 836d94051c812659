"""What is missing by the ledger, within a horizon: what was asked for and did not land, and what daily runs never asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from barograph.model.attempt import Attempt, Manifest
from barograph.model.cell_block import CellBlock
from barograph.model.chunk import Chunk
from barograph.model.fill import Fill, Gap, plan_fill, split_at
from barograph.model.holes import find_holes
from barograph.model.location import location_set
from barograph.model.resolution import Resolution
from barograph.model.window import Window
from barograph.store.store import Store

DAILY_DAG: Final = "weather_data_dag"
"""The DAG whose days follow each other: a day between two of them that it never asked for is a hole."""

HORIZON: Final = timedelta(days=35)
"""How far back is looked unless said otherwise: attempts opened since then, and holes in the days since then."""

NAMED: Final = timedelta(days=400)
"""How far back holes are named, though not asked for."""

AT_ONCE: Final = 200
"""Unfinished attempts whose cells are looked up together."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing of one source and resolution: `fill` lands it, `older` are holes before the horizon."""

    fill: Fill
    older: list[Gap]


def read_missing(
    store: Store,
    source: str,
    resolution: Resolution,
    is_kept: Callable[[Manifest], bool],
    now: datetime,
    since: date | None = None,
    patience: timedelta = timedelta(0),
) -> Missing:
    """What is missing since the day `since` (None: `HORIZON` before `now`); `is_kept` and `patience` as in `plan_fill`.

    The cost is bounded by what was opened since then, and by what was asked for in the days since then, at least `NAMED`.
    """
    since = since or (now - HORIZON).date()
    unfinished = store.ledger.unfinished_since(source, resolution, datetime.combine(since, time(), UTC))
    fill = plan_fill(unfinished, _covered(unfinished, store), is_kept, now, patience)
    older = list[Gap]()
    for hole in _holes(store, source, resolution, Window(min(since, (now - NAMED).date()), now.date() + timedelta(days=1))):
        before, after = split_at(hole, since)
        older += [before] if before else []
        fill.ask.extend([after] if after else [])
    fill.ask.sort(key=lambda gap: gap.chunk.window)
    return Missing(fill, older)


def _covered(unfinished: Sequence[Attempt], store: Store) -> set[CellBlock]:
    """Cells near those of `unfinished` that are committed, or that are not asked for again."""
    covered = set[CellBlock]()
    in_order = sorted(unfinished, key=lambda attempt: attempt.chunk.window)
    for start in range(0, len(in_order), AT_ONCE):
        near = store.ledger.overlapping([attempt.chunk for attempt in in_order[start : start + AT_ONCE]])
        covered |= {CellBlock.of(other.chunk) for other in near if other.status == "COMMITTED" or other.is_excluded}
    return covered


def _holes(store: Store, source: str, resolution: Resolution, window: Window) -> list[Gap]:
    rows = store.ledger.index.asked(source, resolution, window.months)
    lists = store.lists.read(row.list_id for row in rows) if any(row.dag_id == DAILY_DAG for row in rows) else {}
    blocks = [CellBlock(location_set(lists[row.list_id]), row.variables, row.window) for row in rows if row.list_id in lists]
    scheduled = [block for block, row in zip(blocks, rows, strict=False) if row.dag_id == DAILY_DAG]
    return [_as_gap(hole, source, resolution) for hole in find_holes(scheduled, blocks)]


def _as_gap(hole: CellBlock, source: str, resolution: Resolution) -> Gap:
    locations = tuple(sorted(hole.locations, key=lambda location: location.location_id))
    chunk = Chunk(source, resolution, locations, tuple(sorted(hole.variables)), hole.window)
    return Gap(chunk, f"no run of {DAILY_DAG} asked for these days, nor did any other")
