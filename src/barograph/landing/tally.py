"""Counting records per attempt and holding them against the manifests."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as f

from barograph.errors import ManifestMismatch
from barograph.landing.observations import time_column
from barograph.model.attempt import DIGEST_MODULUS, Attempt, Manifest
from barograph.model.variables import Resolution


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

    def found(self, attempt: Attempt) -> Tally:
        """What was found of `attempt`: nothing, if it is not among them."""
        return self.ours.get(attempt.attempt_id, Tally())

    def without(self, attempt_ids: Collection[str]) -> "Tallies":
        """The same without these attempts."""
        return Tallies({name: tally for name, tally in self.ours.items() if name not in attempt_ids}, self.others)


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


def drop_duplicates(judged: DataFrame, resolution: Resolution) -> DataFrame:
    """`judged` (see `parse_observations`) with each location and time of an attempt once: the record at the lowest offset.

    A record without a readable location or time is the same as another one when its bytes are.
    """
    time = f.col(time_column(resolution))
    content = f.concat(*(f.coalesce(part, f.lit(b"")) for part in ("key", "value")))
    unreadable = f.when(f.col("location_id").isNull() | time.isNull(), content)
    same = Window.partitionBy("is_ours", "attempt_id", "location_id", time, unreadable).orderBy("offset", "partition")
    return judged.withColumn("nth", f.row_number().over(same)).where(~f.col("is_ours") | (f.col("nth") == 1)).drop("nth")


def find_mismatches(manifests: Sequence[tuple[Attempt, Manifest]], tallies: Tallies) -> dict[str, ManifestMismatch]:
    """By attempt id, those of which Kafka does not hold exactly what they sent, which is all they were asked for."""
    mismatches = {}
    for attempt, manifest in manifests:
        found = tallies.found(attempt)
        if found.count != manifest.count:
            what = f"{found.count} records where the manifest says {manifest.count}"
        elif found.record_digest != manifest.record_digest:
            what = f"record digest {found.record_digest} where the manifest says {manifest.record_digest}"
        elif found.count != attempt.unit.asked:
            what = f"{found.count} records for {attempt.unit.asked} asked observations"
        else:
            continue
        mismatches[attempt.attempt_id] = ManifestMismatch(
            f"attempt {attempt.attempt_id}: Kafka holds {what}; nothing of it was written. "
            "`barograph fill` asks again for what is missing, or clear the produce task"
        )
    return mismatches
