"""Writing a batch: good rows, deletions where an earlier attempt may have left values, and the quarantine."""

import logging
from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from barograph.loading.batch import Batch, LoadContext
from barograph.loading.quarantine_rows import version_at, write_quarantine
from barograph.loading.reconcile import BatchCounts, RecordCounts, kept_for
from barograph.model.attempt import is_attempt_id, parse_attempt_id
from barograph.model.resolution import spec_of

log = logging.getLogger(__name__)


def write_batch(validated: DataFrame, counts: BatchCounts, batch: Batch, services: LoadContext, began_at_us: int) -> None:
    """Write everything that `validated` (see `validate_records`) holds, at its attempts' versions.

    An attempt that overlaps no older one leaves its nulls unset; one that does writes them, and clears what did not land. Of a
    row with withheld values no null is written: a replay could not land them at the same version.
    `began_at_us` is when the caller began: see `write_quarantine`.
    """
    overlapping = [attempt_id for attempt_id, older in batch.older.items() if older]
    first = [attempt.attempt_id for attempt in batch.attempts if attempt.attempt_id not in overlapping]
    good = good_rows(validated)
    _write(good, counts, first, batch, services)
    _write(good.where("flag is null"), counts, overlapping, batch, services, with_nulls=True)
    if any(counts.ours[attempt_id].flagged for attempt_id in overlapping):
        _write(good.where("flag is not null"), counts, overlapping, batch, services)
    if any(_is_partial(counts.ours[attempt_id]) for attempt_id in overlapping):
        _clear_what_did_not_land(validated.where(f.col("attempt_id").isin(overlapping)), batch, services)
    _quarantine(validated, counts, batch, services, began_at_us)


def _write(
    good: DataFrame,
    counts: BatchCounts,
    attempt_ids: Sequence[str],
    batch: Batch,
    services: LoadContext,
    *,
    with_nulls: bool = False,
) -> None:
    if sum(counts.ours[attempt_id].landed for attempt_id in attempt_ids):
        rows = good.where(f.col("attempt_id").isin(list(attempt_ids)))
        services.sink.write(rows, batch.resolution, batch.variables, with_nulls=with_nulls)


def _is_partial(counted: RecordCounts) -> bool:
    return counted.landed < counted.count or counted.flagged > 0


def good_rows(validated: DataFrame) -> DataFrame:
    """The rows that land."""
    return validated.where("is_ours and reason is null and not is_missing")


def _clear_what_did_not_land(validated: DataFrame, batch: Batch, services: LoadContext) -> None:
    """Delete what older attempts left where this one has nothing that lands."""
    spec = spec_of(batch.resolution)
    rest = validated.where("is_ours and (is_missing or reason is not null or flag is not null)").dropna(
        subset=[*spec.partition_key, spec.time_column]
    )
    cleared = services.sink.clear(rest, batch.resolution, batch.variables)
    log.info("%d observations did not land whole: what older attempts left there is cleared", cleared)


def settle_quarantine(validated: DataFrame, batch: Batch, services: LoadContext) -> None:
    """Mark as `replayed` what an earlier load of these attempts kept in quarantine and this one has landed and counted."""
    quarantine = services.store.quarantine
    kept = [one for one in quarantine.of_attempts(batch.attempts) if one.state == "open"]
    if not kept:
        return
    bad = validated.where(kept_for().isNotNull()).select("topic", "partition", "offset").collect()
    still_bad = {(row["topic"], row["partition"], row["offset"]) for row in bad}
    settled = [one.id for one in kept if (one.id.topic, one.id.partition, one.id.offset) not in still_bad]
    quarantine.settle(settled)
    log.info("%d records that an earlier load kept in quarantine have landed", len(settled))


def _quarantine(validated: DataFrame, counts: BatchCounts, batch: Batch, services: LoadContext, began_at_us: int) -> None:
    known = _find_known([header for header in counts.others if header], services)
    if known:
        skipped = sum(counts.others[header] for header in known)
        log.info("%d records of other attempts in between: skipped", skipped)
    if len(known) == len(counts.others) and not any(counted.quarantined + counted.flagged for counted in counts.ours.values()):
        return
    sender = f.coalesce("attempt_id", f.lit(""))  # it may hold bytes that are not text: only known ids can be compared
    is_foreign = ~f.col("is_ours") & ~sender.isin(known)
    bad = validated.where(kept_for().isNotNull() & (f.col("is_ours") | is_foreign))
    kept_under = f.coalesce("version", version_at(batch.manifests))
    kept = bad.withColumn("version", kept_under).where(f.col("version").isNotNull())
    services.store.quarantine.enter(batch.attempts)
    write_quarantine(kept, batch.resolution, services.settings, began_at_us)


def _find_known(headers: Sequence[str], services: LoadContext) -> list[str]:
    """Those of `headers` that are ids of attempts in the ledger, looked up at once."""
    keys = [parse_attempt_id(header) for header in headers if is_attempt_id(header)]
    return sorted(attempt.attempt_id for attempt in services.ledger.find(keys))
