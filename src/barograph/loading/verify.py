"""Reading back: the tables hold, in every cell that no newer attempt asked for, what was sent."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from pyspark.sql import DataFrame

from barograph.errors import VerificationFailed
from barograph.loading.batch import Batch, LoadContext
from barograph.loading.digest import Digests, digest_rows, hide_covered
from barograph.model.attempt import Attempt
from barograph.model.cell_block import CellBlock, Days, sort_days, subtract
from barograph.model.resolution import spec_of

AGAIN: Final = "Clear the load task; if it stays red, clear the produce task"


def verify_written(
    good: DataFrame, batch: Batch, services: LoadContext, digests: Digests | None = None, *, only_these: bool = False
) -> None:
    """Compare the tables with the `good` rows just written, whose digests are `digests` where they are known.

    `only_these` leaves out what the attempts landed before, at other times or locations.

    Raises:
        VerificationFailed: a day differs.
    """
    for attempt, off in compare_written(good, batch, services, digests, only_these=only_these):
        _refuse(attempt, off, AGAIN)


def compare_written(
    good: DataFrame, batch: Batch, services: LoadContext, digests: Digests | None = None, *, only_these: bool = False
) -> Iterator[tuple[Attempt, list[date]]]:
    """Each attempt with the days on which the tables differ from its `good` rows, in cells that no newer attempt asked for.

    `digests` are those of `good` with no cell hidden, if they are known already; `only_these` as in `verify_written`.
    """
    stored = services.sink.read_back(batch.attempts)
    if only_these:
        stored = stored.join(
            good.select("attempt_id", "location_id", spec_of(batch.resolution).time_column),
            on=["attempt_id", "location_id", spec_of(batch.resolution).time_column],
            how="left_semi",
        )
    newer = {attempt_id: others for attempt_id, others in batch.newer.items() if others}
    if newer:
        stored = hide_covered(stored, batch.resolution, batch.variables, newer)
        good = hide_covered(good, batch.resolution, batch.variables, newer)
    expected = digest_rows(good, batch.resolution, batch.variables) if newer or digests is None else digests
    found = digest_rows(stored, batch.resolution, batch.variables)
    for attempt in batch.attempts:
        yield attempt, _differing_days(expected.get(attempt.attempt_id, {}), found.get(attempt.attempt_id, {}))


def verify_committed(batch: Batch, services: LoadContext) -> None:
    """Compare the tables with the digests in the ledger, on the days that no newer attempt has touched. Kafka is not read.

    Raises:
        VerificationFailed: a day differs.
    """
    for attempt, _, off in compare_committed(batch, services):
        _refuse(attempt, off, find_remedy(attempt, services) if off else "")


def compare_committed(batch: Batch, services: LoadContext) -> Iterator[tuple[Attempt, Days, list[date]]]:
    """Each attempt with its days by what newer attempts left of them, and those `whole` ones whose digest differs."""
    stored = digest_rows(services.sink.read_back(batch.attempts), batch.resolution, batch.variables)
    for attempt in batch.attempts:
        days = sort_days(CellBlock.of(attempt.chunk), [CellBlock.of(other.chunk) for other in batch.newer[attempt.attempt_id]])
        off = _differing_days(attempt.outcome.row_digest if attempt.outcome else {}, stored.get(attempt.attempt_id, {}))
        yield attempt, days, [day for day in days.whole if day in off]


def _differing_days(expected: Mapping[date, int], stored: Mapping[date, int]) -> list[date]:
    """The days on which two digests differ, in order."""
    return sorted(day for day in expected.keys() | stored.keys() if expected.get(day) != stored.get(day))


def find_remedy(attempt: Attempt, services: LoadContext) -> str:
    """The remedy for a committed attempt whose digests differ: if a replay was killed, running it again completes it."""
    if any(one.state == "open" for one in services.store.quarantine.of_attempts([attempt])):
        replay = f"`barograph quarantine replay --attempt {attempt.attempt_id}`"
        return f"If a replay of its quarantine was killed, {replay} completes it; otherwise clear the produce task"
    return "Clear the produce task"


def find_uncompared(batch: Batch) -> list[Attempt]:
    """The attempts none of whose cells a read-back compares, since newer attempts may have written all of them."""
    return [
        attempt
        for attempt in batch.attempts
        if not subtract([CellBlock.of(attempt.chunk)], [CellBlock.of(other.chunk) for other in batch.newer[attempt.attempt_id]])
    ]


def _refuse(attempt: Attempt, off: Sequence[date], remedy: str) -> None:
    if off:
        what = f"the table differs from what was sent on {len(off)} days, the first is {off[0]}"
        raise VerificationFailed(f"attempt {attempt.attempt_id}: {what}. {remedy}")
