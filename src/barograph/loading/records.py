"""Records of a list of attempts, read from exactly the offsets that their manifests name."""

import json
from collections.abc import Sequence
from typing import Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f

from barograph.model.attempt import Attempt, Manifest
from barograph.model.observation import ATTEMPT_ID

RANGES_TYPE: Final = (
    "array<struct<range_attempt_id: string, range_partition: int, range_start: long, range_end: long, "
    "number: int, version: long, window_start: timestamp, window_end: timestamp>>"
)

FETCH_WAIT_MS: Final = 10
"""How long the broker keeps a question open when there is nothing new. Spark asks for a topic's end on the connection on which
it has just asked for more: at the end of a topic each task stood still for Kafka's 500 ms.
"""


def header(name: str) -> Column:
    """The value of the first header of that name as text; null where there is none."""
    matching = f.filter("headers", lambda one: one["key"] == name)
    return f.try_element_at(matching, f.lit(1))["value"].cast("string")


def read_records(spark: SparkSession, bootstrap_servers: str, attempts: Sequence[tuple[Attempt, Manifest]]) -> DataFrame:
    """What lies in the attempts' ranges of one topic, other attempts' records in between included.

    Columns: topic, partition, offset, key, value, headers, attempt_id (of the header; null = foreign),
    is_ours (the header names one of `attempts` and the offset lies in its range), and of that attempt version, window_start,
    window_end, and is_asked (the key is one of its locations). The locations are a constant of the query: as a column each row
    would hold all of them. Raises what Spark raises where offsets are gone (`failOnDataLoss`).
    """
    raw = _read_offsets(spark, bootstrap_servers, [manifest for _, manifest in attempts])
    known = spark.range(1).select(f.inline(f.from_json(f.lit(json.dumps(_ranges(attempts))), RANGES_TYPE)))
    ours = (
        (raw["attempt_id"] == known["range_attempt_id"])
        & (raw["partition"] == known["range_partition"])
        & (raw["offset"] >= known["range_start"])
        & (raw["offset"] < known["range_end"])
    )
    locations = json.dumps([[one.location_id for one in attempt.chunk.locations] for attempt, _ in attempts])
    of_attempt = f.get(f.from_json(f.lit(locations), "array<array<string>>"), "number")
    return (
        raw.join(f.broadcast(known), ours, "left")
        .withColumn("is_ours", f.col("range_attempt_id").isNotNull())
        .withColumn("is_asked", f.array_contains(of_attempt, f.col("key").cast("string")))
        .drop("range_attempt_id", "range_partition", "range_start", "range_end", "number")
    )


def _ranges(attempts: Sequence[tuple[Attempt, Manifest]]) -> list[dict[str, object]]:
    """A row of RANGES_TYPE for each partition of each manifest."""
    return [
        {
            "range_attempt_id": attempt.attempt_id,
            "range_partition": partition,
            "range_start": start,
            "range_end": end,
            "number": number,
            "version": attempt.version,
            "window_start": attempt.chunk.window.start_at.isoformat(),
            "window_end": attempt.chunk.window.end_at.isoformat(),
        }
        for number, (attempt, manifest) in enumerate(attempts)
        for partition, (start, end) in manifest.ranges.items()
    ]


def _read_offsets(spark: SparkSession, bootstrap_servers: str, manifests: Sequence[Manifest]) -> DataFrame:
    """Everything from the first to the last offset that `manifests` (of one topic) name, partition by partition."""
    topic = manifests[0].topic
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for manifest in manifests:
        for partition, (start, end) in manifest.ranges.items():
            starts[partition] = min(start, starts.get(partition, start))
            ends[partition] = max(end, ends.get(partition, end))
    return (
        spark.read.format("kafka")
        .option("kafka.bootstrap.servers", bootstrap_servers)
        .option("assign", json.dumps({topic: sorted(starts)}))
        .option("startingOffsets", json.dumps({topic: starts}))
        .option("endingOffsets", json.dumps({topic: ends}))
        .option("failOnDataLoss", "true")
        .option("kafka.fetch.max.wait.ms", FETCH_WAIT_MS)
        .option("includeHeaders", "true")
        .load()
        .select("topic", "partition", "offset", "key", "value", "headers", header(ATTEMPT_ID).alias("attempt_id"))
    )
