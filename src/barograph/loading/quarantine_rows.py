"""Bad records into the quarantine: whole, with their reason and their position in Kafka."""

from collections.abc import Sequence
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from barograph.loading.reconcile import kept_for
from barograph.model.attempt import Attempt, Manifest
from barograph.model.resolution import Resolution
from barograph.settings import Settings
from barograph.sinks.cassandra.sink import FORMAT

QUARANTINE_COLUMNS: Final = (
    "source", "resolution", "day", "version", "topic", "partition", "offset",
    "reason", "location_id", "record_key", "raw", "headers", "state", "attempt_id", "withheld",
)  # fmt: skip


def write_quarantine(bad: DataFrame, resolution: Resolution, settings: Settings, began_at_us: int) -> None:
    """Write bad records whole: see `quarantine_rows`.

    Their write timestamp is `began_at_us`, the time at which the load or replay began: a state that was set later stays.
    """
    (
        quarantine_rows(bad, resolution)
        .withColumn("began_at_us", f.lit(began_at_us))
        .write.format(FORMAT)
        .options(keyspace=settings.cassandra_keyspace, table="quarantine", writetime="began_at_us")
        .mode("append")
        .save()
    )


def quarantine_rows(bad: DataFrame, resolution: Resolution) -> DataFrame:
    """Rows of the quarantine, QUARANTINE_COLUMNS: reason, key, raw value, headers, and their position in Kafka.

    Of a header that comes twice the first counts, as it does in `header`.
    """
    texts = f.transform("headers", lambda header: f.struct(header["key"], f.coalesce(header["value"].cast("string"), f.lit(""))))
    rows = bad.select(
        "source",
        f.lit(resolution).alias("resolution"),
        f.to_date(f.timestamp_micros("version")).alias("day"),
        "version",
        "topic",
        "partition",
        "offset",
        kept_for().alias("reason"),
        f.coalesce("location_id", f.col("key").cast("string")).alias("location_id"),
        f.col("key").alias("record_key"),
        f.col("value").alias("raw"),
        f.map_from_entries(f.reverse(texts)).alias("headers"),
        f.lit("open").alias("state"),
        "attempt_id",
        "withheld",
    )
    return rows.select(*QUARANTINE_COLUMNS)


def version_at(manifests: Sequence[tuple[Attempt, Manifest]]) -> Column:
    """The version of the oldest of these attempts whose offsets include a record; null = none does.

    A foreign record is kept under that version, so that the same load finds it there when it runs again.
    """
    cases = [
        f.when(
            (f.col("topic") == manifest.topic) & (f.col("partition") == partition) & f.col("offset").between(start, end - 1),
            f.lit(attempt.version),
        )
        for attempt, manifest in sorted(manifests, key=lambda pair: pair[0].version)
        for partition, (start, end) in manifest.ranges.items()
    ]
    return f.coalesce(*cases)
