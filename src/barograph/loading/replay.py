"""The replay: quarantined records validated again, landed at their original version, and moved in the ledger.

Every step may be repeated: cells are written at the attempt's version, the ledger counts a record once, and the quarantine's
state is set last. A replay that was killed leaves its records open, and the next one continues with them.
"""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as f
from pyspark.storagelevel import StorageLevel

from barograph.errors import NothingLanded, RequestRefused
from barograph.loading.batch import Batch, LoadContext, make_batches
from barograph.loading.digest import row_hash
from barograph.loading.reconcile import RecordCounts, count_records
from barograph.loading.validate import validate_batch
from barograph.loading.verify import verify_written
from barograph.loading.write import good_rows, write_batch
from barograph.model.attempt import Attempt, Replayed, signed
from barograph.model.quarantine import QuarantineId, Selection
from barograph.model.resolution import spec_of
from barograph.store.quarantine import KeptRecord, Quarantine, Quarantined
from barograph.store.version_clock import now_us

log = logging.getLogger(__name__)

RECORD_COLUMNS: Final = (
    "topic string, partition int, offset long, key binary, value binary, headers array<struct<key: string, value: binary>>, "
    "attempt_id string, version long, window_start timestamp, window_end timestamp, is_asked boolean, is_ours boolean, "
    "kept_without array<string>"
)


def replay_quarantine(selection: Selection, services: LoadContext) -> str:
    """Land those selected records that can land now, and return the summary line. Run again, it changes nothing more.

    Raises:
        RequestRefused: nothing is selected, or none of it can be replayed before its load is cleared.
        NothingLanded: every record is as bad as before.
    """
    started = time.monotonic()
    quarantine = services.store.quarantine
    found = quarantine.find(selection)
    if not found:
        raise RequestRefused("nothing in the quarantine is selected: `barograph quarantine list` shows what is there")
    counts: Counter[str] = Counter()
    for attempt_id, records in groupby(found, key=lambda one: one.id.attempt_id):
        counts += _replay_attempt(services.ledger.get([attempt_id])[0], list(records), quarantine, services)
    line = (
        f"replay records={len(found)} landed={counts['landed']} missing={counts['missing']} bad={counts['bad']} "
        f"waiting={counts['waiting']} replayed_before={counts['replayed']} dropped={counts['dropped']} "
        f"seconds={time.monotonic() - started:.1f}"
    )
    if counts["waiting"] == len(found):
        raise RequestRefused(f"{line}: their attempts are not committed, clear the load tasks first (`barograph ledger`)")
    if counts["bad"] and not counts["landed"] + counts["missing"]:
        raise NothingLanded(f"{line}: every record is still bad, correct what `barograph quarantine list` names first")
    return line


def _replay_attempt(
    attempt: Attempt, records: Sequence[Quarantined], quarantine: Quarantine, services: LoadContext
) -> Counter[str]:
    """Replay the open ones of `records`, all found in the offsets of `attempt`; returns the counts by outcome."""
    counts: Counter[str] = Counter(one.state for one in records)
    is_open = [one.id for one in records if one.state == "open"]
    del counts["open"]
    if attempt.status != "COMMITTED":
        log.warning("attempt %s is %s: its records wait, clear its load task first", attempt.attempt_id, attempt.status)
        return counts + Counter(waiting=len(is_open))
    counted = services.ledger.replayed(attempt)
    todo = [one for one in is_open if one.place not in counted]
    moved = _land(attempt, quarantine.read(todo), services) if todo else {}
    if counted or moved:
        services.ledger.mark_replayed(attempt, moved)
    done = [one for one in is_open if one.place in counted or one.place in moved]
    quarantine.settle(done)
    outcomes = [{**counted, **moved}[one.place] for one in done]
    missing = sum(one.row_hash is None for one in outcomes)
    return counts + Counter(landed=len(outcomes) - missing, missing=missing, bad=len(is_open) - len(done))


def _land(attempt: Attempt, records: Sequence[KeptRecord], services: LoadContext) -> dict[str, Replayed]:
    """Land those of `records` that can land whole, keep the others in quarantine; returns those that landed, or are missing."""
    (batch,) = make_batches([attempt], services.ledger)
    began_at_us = now_us()
    frame = services.spark.createDataFrame([_row(attempt, one) for one in records], RECORD_COLUMNS)
    validated = (
        validate_batch(batch, services, frame).where("reason is not null or flag is null").persist(StorageLevel.MEMORY_AND_DISK)
    )
    try:
        counts = count_records(validated, batch.resolution, batch.variables)
        write_batch(
            validated, replace(counts, ours={attempt.attempt_id: RecordCounts(), **counts.ours}), batch, services, began_at_us
        )
        verify_written(good_rows(validated), batch, services, only_these=True)
        return _moved(validated, batch)
    finally:
        validated.unpersist()


def _row(attempt: Attempt, record: KeptRecord) -> tuple[object, ...]:
    """`record` as `read_records` would give it; a foreign one has the version and position that it is kept under."""
    place: QuarantineId = record.id
    headers = [(name, bytearray(text, "utf-8")) for name, text in record.headers]
    content = (bytearray(part) if part is not None else None for part in (record.key, record.value))
    window = attempt.chunk.window
    is_ours = record.sent_by == attempt.attempt_id
    is_asked = record.key in {one.location_id.encode() for one in attempt.chunk.locations}
    return (
        *(place.topic, place.partition, place.offset, *content, headers, record.sent_by),
        *(place.version, window.start_at, window.end_at, is_asked, is_ours, list(record.withheld)),
    )


def _moved(validated: DataFrame, batch: Batch) -> dict[str, Replayed]:
    """By position in Kafka, the rows of `validated` that have landed whole or are missing; not those with withheld values."""
    day = f.to_date(spec_of(batch.resolution).time_column).alias("day")
    hashed = f.when(~f.col("is_missing"), row_hash(batch.resolution, batch.variables)).alias("hash")
    is_completion = (f.size("kept_without") > 0).alias("is_completion")
    before = {name: f.when(~f.array_contains("kept_without", name), f.col(name)) for name in batch.variables}
    as_landed = validated.withColumns(before).where(is_completion)
    done = "is_ours and reason is null and flag is null"
    place = ("topic", "partition", "offset")
    rows = validated.where(done).select(*place, day, hashed, is_completion).collect()
    old = as_landed.where(done).select(*place, row_hash(batch.resolution, batch.variables).alias("hash")).collect()
    hash_before = {_place(row): row["hash"] for row in old}
    return {
        _place(row): Replayed(row["day"], signed(row["hash"] - hash_before[_place(row)]), is_completion=True)
        if row["is_completion"]
        else Replayed(row["day"], row["hash"])
        for row in rows
    }


def _place(row: Row) -> str:
    return f"{row['topic']}/{row['partition']}/{row['offset']}"
