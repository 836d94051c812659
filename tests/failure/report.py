"""The table that `make test-faults` ends with."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from tests.failure.world import Row


def describe(rows: Sequence[Row]) -> Iterator[str]:
    """A line per scenario over all of its seeds, its faults below it, and a line for all; seconds are the slowest seed's."""
    for name, group in groupby(sorted(rows, key=lambda row: row.scenario), key=lambda row: row.scenario):
        of_it = list(group)
        seeds = ",".join(str(row.seed) for row in of_it)
        yield f"{name}\n    seeds={seeds} {_counts(of_it)} recover_s={max(row.recover_s for row in of_it):.0f}"
        yield from (f"    seed {row.seed}: {row.faults}" for row in of_it)
    if rows:
        yield f"all: scenarios={len({row.scenario for row in rows})} runs={len(rows)} {_counts(rows)}"


def _counts(rows: Sequence[Row]) -> str:
    found = [row.verdict for row in rows]
    return (
        f"windows={sum(one.windows for one in found)} cells={sum(one.cells for one in found)} "
        f"tries={sum(row.tried for row in rows)} cleared={sum(row.cleared for row in rows)} "
        f"lost={sum(one.lost for one in found)} doubled={sum(one.doubled for one in found)} "
        f"wrong={sum(one.wrong for one in found)} unclear={sum(one.unclear for one in found)}"
    )
