"""Writing a batch: good rows, deletions where an earlier attempt may have left something, and the quarantine."""

import logging
from collections.abc import Iterable
from contextlib import suppress

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from barograph.errors import RequestRefused
from barograph.loading.batch import Batch, LoadContext
from barograph.loading.observations import time_column
from barograph.loading.reconcile import BatchCounts
from barograph.loading.tables import partition_key, write_quarantine, write_rows
from barograph.model.attempt import parse_attempt_id
from barograph.model.variables import Resolution

log = logging.getLogger(__name__)


def write_batch(validated: DataFrame, counts: BatchCounts, batch: Batch, services: LoadContext, began_at_us: int) -> None:
    """Write everything that `validated` (see `parse_observations`) holds, at its attempts' versions.

    An attempt without older neighbours leaves its nulls unset; one that has some writes them, and clears what did not land.
    `began_at_us` is when the caller began: see `write_quarantine`.
    """
    overlapping = [attempt_id for attempt_id, older in batch.older.items() if older]
    first = [attempt.attempt_id for attempt in batch.attempts if attempt.attempt_id not in overlapping]
    good = good_rows(validated)
    for attempt_ids, with_nulls in ((first, False), (overlapping, True)):
        if sum(counts.ours[attempt_id].landed for attempt_id in attempt_ids):
            rows = good.where(f.col("attempt_id").isin(attempt_ids))
            write_rows(rows, batch.resolution, batch.variables, services.settings, with_nulls=with_nulls)
    if any(counts.ours[attempt_id].landed < counts.ours[attempt_id].count for attempt_id in overlapping):
        _clear_what_did_not_land(validated.where(f.col("attempt_id").isin(overlapping)), batch, services)
    _quarantine(validated, counts, batch, services, began_at_us)


def good_rows(validated: DataFrame) -> DataFrame:
    """The rows that land."""
    return validated.where("is_ours and reason is null and not is_missing")


def _clear_what_did_not_land(validated: DataFrame, batch: Batch, services: LoadContext) -> None:
    """Delete just below the version: that beats every older attempt, and leaves room for a replay at the version itself.

    Source: of a value and a deletion with the same timestamp Cassandra keeps the deletion.
    """
    key = [*partition_key(batch.resolution), time_column(batch.resolution)]
    rest = validated.where("is_ours and (is_missing or reason is not null)").dropna(subset=key).select(f.col("version") - 1, *key)
    rows = (tuple(row) for row in rest.toLocalIterator())
    cleared = services.store.delete_cells(batch.resolution, key, batch.variables, rows)
    log.info("%d observations did not land: what older attempts left there is cleared", cleared)


def settle_quarantine(validated: DataFrame, batch: Batch, services: LoadContext) -> None:
    """Call `replayed` what an earlier load of these attempts kept in quarantine and this one has landed: it is counted there."""
    quarantine = services.store.quarantine
    kept = [one for one in quarantine.of_attempts(batch.attempts) if one.state == "open"]
    if not kept:
        return
    bad = validated.where("reason is not null").select("topic", "partition", "offset").collect()
    still_bad = {(row["topic"], row["partition"], row["offset"]) for row in bad}
    settled = [one.id for one in kept if (one.id.topic, one.id.partition, one.id.offset) not in still_bad]
    quarantine.settle(settled)
    log.info("%d records that an earlier load kept in quarantine have landed", len(settled))


def _quarantine(validated: DataFrame, counts: BatchCounts, batch: Batch, services: LoadContext, began_at_us: int) -> None:
    known = _known_attempts(counts.others, services)
    if known:
        skipped = sum(counts.others[header] for header in known)
        log.info("%d records of other attempts lie in between: skipped", skipped)
    if len(known) == len(counts.others) and not any(counted.quarantined for counted in counts.ours.values()):
        return
    sender = f.coalesce("attempt_id", f.lit(""))  # it may hold bytes that are no text: only those known can be compared
    is_foreign = ~f.col("is_ours") & ~sender.isin(known)
    bad = validated.where(f.col("reason").isNotNull() & (f.col("is_ours") | is_foreign))
    version = f.coalesce("version", f.lit(batch.attempts[0].version))
    services.store.quarantine.enter(batch.attempts)
    write_quarantine(bad.withColumn("version", version), batch.resolution, services.settings, began_at_us)


def _known_attempts(headers: Iterable[str | None], services: LoadContext) -> list[str]:
    """Those of the headers `attempt_id` that are attempts of the ledger."""
    keys = dict[str, tuple[str, Resolution, int]]()
    for header in filter(None, headers):
        with suppress(RequestRefused):  # it is no attempt id
            keys[header] = parse_attempt_id(header)
    known = {attempt.attempt_id for attempt in services.ledger.find(keys.values())}
    return [header for header in keys if header in known]
