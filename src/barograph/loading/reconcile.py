"""Counts per attempt: do they agree with the manifest, and are few enough records bad? Nothing is written before they do."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as f

from barograph.errors import ManifestMismatch, SchemaNewer, TooManyBad
from barograph.loading.digest import row_hash
from barograph.loading.validate import NEWER_SCHEMA
from barograph.model.attempt import DIGEST_MODULUS, Attempt, Manifest
from barograph.model.observation import SCHEMA
from barograph.model.resolution import Resolution, spec_of

COUNTS: Final = ("count", "landed", "quarantined", "missing", "flagged", "newer")


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """What was found in Kafka of one attempt.

    `record_digest` is as in `Manifest`, `newer` are records of a newer schema, `flagged` those of the landed ones some of whose
    values are withheld, `row_digest` is that of the rows that land, by UTC day (see `digest_rows`).
    """

    count: int = 0
    record_digest: int = 0
    landed: int = 0
    quarantined: int = 0
    missing: int = 0
    flagged: int = 0
    newer: int = 0
    row_digest: Mapping[date, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """`ours` per attempt id that is to be landed; `others` counts records in between per header attempt_id (None = no header)."""

    ours: Mapping[str, RecordCounts]
    others: Mapping[str | None, int]

    def found(self, attempt: Attempt) -> RecordCounts:
        """What was found of `attempt`: nothing, if it is not among them."""
        return self.ours.get(attempt.attempt_id, RecordCounts())

    def without(self, attempt_ids: Collection[str]) -> "BatchCounts":
        """The same without these attempts."""
        return BatchCounts({name: counted for name, counted in self.ours.items() if name not in attempt_ids}, self.others)


def count_records(validated: DataFrame, resolution: Resolution, variables: Sequence[str]) -> BatchCounts:
    """BatchCounts of the rows of `validate_records`, in one pass: counts and digests are taken by day, and added up here."""
    is_good = f.col("reason").isNull() & ~f.col("is_missing")
    by_day = validated.groupBy("is_ours", "attempt_id", f.to_date(spec_of(resolution).time_column).alias("day")).agg(
        f.count("*").alias("count"),
        f.sum("checksum").alias("record_digest"),
        f.count_if(is_good).alias("landed"),
        f.count_if(f.col("reason").isNotNull()).alias("quarantined"),
        f.count_if("is_missing").alias("missing"),
        f.count_if(is_good & f.col("flag").isNotNull()).alias("flagged"),
        f.count_if(f.col("reason") == NEWER_SCHEMA).alias("newer"),
        f.sum(f.when(is_good, row_hash(resolution, variables))).alias("row_digest"),
    )
    of_attempts: dict[tuple[bool, str | None], list[Row]] = defaultdict(list)
    for row in by_day.collect():
        of_attempts[row["is_ours"], row["attempt_id"]].append(row)
    ours = {attempt_id: _add_up(rows) for (is_ours, attempt_id), rows in of_attempts.items() if is_ours and attempt_id}
    others = {name: sum(row["count"] for row in rows) for (is_ours, name), rows in of_attempts.items() if not is_ours}
    return BatchCounts(ours, others)


def _add_up(days: Sequence[Row]) -> RecordCounts:
    counts = {name: sum(day[name] for day in days) for name in COUNTS}
    row_digest = {day["day"]: day["row_digest"] for day in days if day["landed"]}
    return RecordCounts(**counts, record_digest=sum(day["record_digest"] for day in days) % DIGEST_MODULUS, row_digest=row_digest)


def drop_duplicates(validated: DataFrame, resolution: Resolution) -> DataFrame:
    """`validated` (see `validate_records`) with each location and time of an attempt once: the record at the lowest offset.

    A record without a readable location or time is the same as another one when its bytes are.
    """
    time = f.col(spec_of(resolution).time_column)
    content = f.concat(*(f.coalesce(part, f.lit(b"")) for part in ("key", "value")))
    unreadable = f.when(f.col("location_id").isNull() | time.isNull(), content)
    same = Window.partitionBy("is_ours", "attempt_id", "location_id", time, unreadable).orderBy("offset", "partition")
    return validated.withColumn("nth", f.row_number().over(same)).where(~f.col("is_ours") | (f.col("nth") == 1)).drop("nth")


def find_newer(counts: BatchCounts) -> dict[str, SchemaNewer]:
    """By attempt id, those that hold records of a newer schema."""
    return {
        attempt_id: SchemaNewer(
            f"attempt {attempt_id}: {counted.newer} records have a schema newer than {SCHEMA}, which this barograph knows; "
            "nothing of it was written. Upgrade barograph, then clear the load task"
        )
        for attempt_id, counted in counts.ours.items()
        if counted.newer
    }


def find_mismatches(manifests: Sequence[tuple[Attempt, Manifest]], counts: BatchCounts) -> dict[str, ManifestMismatch]:
    """By attempt id, those of which Kafka does not hold exactly what they sent, which is all they were asked for."""
    mismatches = {}
    for attempt, manifest in manifests:
        found = counts.found(attempt)
        if found.count != manifest.count:
            what = f"{found.count} records where the manifest says {manifest.count}"
        elif found.record_digest != manifest.record_digest:
            what = f"record digest {found.record_digest} where the manifest says {manifest.record_digest}"
        elif found.count != attempt.asked:
            what = f"{found.count} records for {attempt.asked} asked observations"
        else:
            continue
        mismatches[attempt.attempt_id] = ManifestMismatch(
            f"attempt {attempt.attempt_id}: Kafka holds {what}; nothing of it was written. "
            "`barograph fill` asks again for what is missing, or clear the produce task"
        )
    return mismatches


def find_too_many_bad(validated: DataFrame, counts: BatchCounts, max_bad_fraction: float) -> dict[str, TooManyBad]:
    """By attempt id, those of which more than `max_bad_fraction` (0..1) of the asked observations are bad.

    `validated` is what `validate_records` gave, `counts` its counts. Each error names the reasons with their counts, and an
    example of each.
    """
    refused = {}
    for attempt_id, counted in sorted(counts.ours.items()):
        allowed = int(Decimal(str(max_bad_fraction)) * counted.count)
        bad = counted.quarantined + counted.flagged
        if bad > allowed:
            refused[attempt_id] = TooManyBad(
                f"attempt {attempt_id}: {bad} of {counted.count} asked observations cannot land whole, "
                f"MAX_BAD_FRACTION={max_bad_fraction:g} allows {allowed}; nothing was written. "
                f"Reasons: {_reasons(validated, attempt_id)}. If the values are right, correct the bounds in "
                "the variables file, or raise MAX_BAD_FRACTION to quarantine them; then clear the load task. If the "
                "source was wrong, clear the produce task once it is right"
            )
    return refused


def kept_for() -> Column:
    """Why a record is kept in quarantine, in whole or for some of its values; null = it is not."""
    return f.coalesce("reason", "flag")


def _reasons(validated: DataFrame, attempt_id: str) -> str:
    """Each kind of reason (the part before the colon) with its count and an example, the most frequent first."""
    bad = validated.where(f.col("is_ours") & (f.col("attempt_id") == attempt_id) & kept_for().isNotNull())
    kinds = bad.groupBy(f.substring_index(kept_for(), ":", 1).alias("kind"))
    rows = kinds.agg(f.count("*").alias("count"), f.min(kept_for()).alias("example")).orderBy(f.desc("count"), "kind").collect()
    return ", ".join(f"{row['count']} like {row['example']!r}" for row in rows)
