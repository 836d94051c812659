"""Counting records per attempt and holding them against the manifests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from barograph.errors import ManifestMismatch
from barograph.model.attempt import DIGEST_MODULUS, Attempt, Manifest


@dataclass(frozen=True, slots=True)
class Tally:
    """What was found in Kafka of one attempt; `record_digest` as in `Manifest`."""

    count: int = 0
    record_digest: int = 0
    landed: int = 0
    quarantined: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Tallies:
    """`ours` per attempt id that is to be landed; `others` counts records in between per header attempt_id (None = no header)."""

    ours: Mapping[str, Tally]
    others: Mapping[str | None, int]


def tally_records(judged: DataFrame) -> Tallies:
    """Tallies of the rows of `parse_observations`."""
    is_good = f.col("reason").isNull() & ~f.col("is_missing")
    rows = (
        judged.groupBy("is_ours", "attempt_id")
        .agg(
            f.count("*").alias("count"),
            f.sum("checksum").alias("record_digest"),
            f.count_if(is_good).alias("landed"),
            f.count_if(f.col("reason").isNotNull()).alias("quarantined"),
            f.count_if("is_missing").alias("missing"),
        )
        .collect()
    )
    ours = {
        row["attempt_id"]: Tally(
            row["count"], row["record_digest"] % DIGEST_MODULUS, row["landed"], row["quarantined"], row["missing"]
        )
        for row in rows
        if row["is_ours"]
    }
    return Tallies(ours, {row["attempt_id"]: row["count"] for row in rows if not row["is_ours"]})


def check_manifests(manifests: Sequence[tuple[Attempt, Manifest]], tallies: Tallies) -> None:
    """Refuse the load unless Kafka holds of every attempt exactly what it sent, which is all it was asked for.

    Raises:
        ManifestMismatch: a count or a digest is off.
    """
    for attempt, manifest in manifests:
        found = tallies.ours.get(attempt.attempt_id, Tally())
        if found.count != manifest.count:
            what = f"{found.count} records where the manifest says {manifest.count}"
        elif found.record_digest != manifest.record_digest:
            what = f"record digest {found.record_digest} where the manifest says {manifest.record_digest}"
        elif found.count != attempt.unit.asked:
            what = f"{found.count} records for {attempt.unit.asked} asked observations"
        else:
            continue
        raise ManifestMismatch(f"attempt {attempt.attempt_id}: Kafka holds {what}; nothing was written. Clear the produce task")
