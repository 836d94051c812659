"""Records of a list of attempts, read from exactly the offsets that their manifests name, and decoded into typed columns."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f

from barograph.model.attempt import Attempt, Manifest
from barograph.model.observation import ATTEMPT_ID
from barograph.model.resolution import Resolution, spec_of
from barograph.model.variables import Variable
from barograph.transport.ranges import GROUP

Range = tuple[int, int]
"""The first offset, and the one after the last."""

RANGES_TYPE: Final = (
    "array<struct<range_attempt_id: string, range_partition: int, range_start: long, range_end: long, "
    "number: int, version: long, window_start: timestamp, window_end: timestamp>>"
)

FETCH_WAIT_MS: Final = 10
"""How long the broker keeps a request open when there is nothing new. Spark asks for a topic's end on the connection on which
it has just asked for more, so each task waits that long at the end of a topic; Kafka's default is 500 ms.
"""
MOST_READS: Final = 8
"""Reads that one batch is made of: each is a plan of its own for Spark. Beyond it the smallest gaps are read too."""
SMALL_GAP: Final = 2_000
"""Records between two ranges that are cheaper to read and drop than to leave out by a separate read."""

PARSED_AS: Final = {"double": "double", "int": "int", "timestamp": "string"}
INSTANT: Final = "yyyy-MM-dd'T'HH:mm:ssX"


def header(name: str) -> Column:
    """The value of the first header of that name as text; null where there is none."""
    matching = f.filter("headers", lambda entry: entry["key"] == name)
    return f.try_element_at(matching, f.lit(1))["value"].cast("string")


def read_records(spark: SparkSession, kafka: Mapping[str, str], attempts: Sequence[tuple[Attempt, Manifest]]) -> DataFrame:
    """The records in the attempts' ranges of one topic, including those of other attempts in between.

    `kafka`: how Kafka's client in Java reaches it (`java_config`).
    Columns: topic, partition, offset, key, value, headers, attempt_id (of the header; null = foreign),
    is_ours (the header names one of `attempts` and the offset is in its range), and of that attempt version, window_start,
    window_end, and is_asked (the key is one of its locations). The locations are a literal of the query, so that rows stay
    small. Raises what Spark raises where offsets are gone (`failOnDataLoss`).
    """
    raw = _read_offsets(spark, kafka, [manifest for _, manifest in attempts])
    known = spark.range(1).select(f.inline(f.from_json(f.lit(json.dumps(_ranges(attempts))), RANGES_TYPE)))
    ours = (
        (raw["attempt_id"] == known["range_attempt_id"])
        & (raw["partition"] == known["range_partition"])
        & (raw["offset"] >= known["range_start"])
        & (raw["offset"] < known["range_end"])
    )
    locations = json.dumps([[location.location_id for location in attempt.chunk.locations] for attempt, _ in attempts])
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


def plan_reads(manifests: Iterable[Manifest]) -> list[dict[int, Range]]:
    """What must be read so that every range of `manifests` (of one topic) is read once: per read a range for each partition.

    Ranges that overlap, or are less than SMALL_GAP apart, are read as one; so are the nearest ones where a partition would need
    more than MOST_READS. For attempts a week apart the week between them is not read.
    """
    by_partition: dict[int, list[Range]] = {}
    for manifest in manifests:
        for partition, range_ in manifest.ranges.items():
            by_partition.setdefault(partition, []).append(range_)
    joined = {partition: _join_near(ranges) for partition, ranges in sorted(by_partition.items())}
    count = max((len(ranges) for ranges in joined.values()), default=0)
    return [{partition: ranges[nth] for partition, ranges in joined.items() if nth < len(ranges)} for nth in range(count)]


def _join_near(ranges: Sequence[Range]) -> list[Range]:
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if joined and start - joined[-1][1] < SMALL_GAP:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    while len(joined) > MOST_READS:
        nearest = min(range(1, len(joined)), key=lambda nth: joined[nth][0] - joined[nth - 1][1])
        joined[nearest - 1 : nearest + 1] = [(joined[nearest - 1][0], joined[nearest][1])]
    return joined


def _read_offsets(spark: SparkSession, kafka: Mapping[str, str], manifests: Sequence[Manifest]) -> DataFrame:
    topic = manifests[0].topic
    read, *more = [_read(spark, kafka, topic, ranges) for ranges in plan_reads(manifests)]
    for other in more:
        read = read.unionAll(other)
    return read


def _read(spark: SparkSession, kafka: Mapping[str, str], topic: str, ranges: Mapping[int, Range]) -> DataFrame:
    return (
        spark.read.format("kafka")
        .options(**{f"kafka.{name}": value for name, value in kafka.items()})
        .option("groupIdPrefix", GROUP)
        .option("assign", json.dumps({topic: sorted(ranges)}))
        .option("startingOffsets", json.dumps({topic: {partition: start for partition, (start, _) in ranges.items()}}))
        .option("endingOffsets", json.dumps({topic: {partition: end for partition, (_, end) in ranges.items()}}))
        .option("failOnDataLoss", "true")
        .option("kafka.fetch.max.wait.ms", FETCH_WAIT_MS)
        .option("includeHeaders", "true")
        .load()
        .select("topic", "partition", "offset", "key", "value", "headers", header(ATTEMPT_ID).alias("attempt_id"))
    )


def decode_json(records: DataFrame, resolution: Resolution, variables: Sequence[Variable]) -> DataFrame:
    """`records` (see `read_records`) with what their JSON says, a row for each; nothing is validated here.

    Adds: checksum (crc32 over key and value), location_id, time or date (and the period of the resolution), one typed column
    per variable, `record` (the JSON as it was read, null where it is none) and `undecodable` (why it could not be read; null =
    it was).
    """
    fields = ", ".join(f"`{variable.name}`: {PARSED_AS[variable.type]}" for variable in variables)
    schema = f"location_id: string, source: string, time: string, values: struct<{fields}>, broken: string"
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "broken", "allowNonNumericNumbers": "false"}
    text = f.col("value").cast("string")
    parsed = records.withColumn("record", f.from_json(text, f"struct<{schema}>", options))
    is_broken = f.col("record.broken").isNotNull()
    undecodable = (
        f.when(f.col("value").isNull() | (f.length("value") == 0), f.lit("undecodable: the record has no value"))
        .when(is_broken & f.get_json_object(text, "$").isNull(), f.lit("undecodable: not JSON"))
        .when(is_broken, f.lit("type: a value has not the type of its variable"))
    )
    return parsed.select(
        "*",
        f.crc32(f.concat(f.coalesce("key", f.lit(b"")), f.coalesce("value", f.lit(b"")))).alias("checksum"),
        f.col("record.location_id").alias("location_id"),
        *_time_columns(resolution),
        *(_typed(variable).alias(variable.name) for variable in variables),
        undecodable.alias("undecodable"),
    )


def _time_columns(resolution: Resolution) -> list[Column]:
    """The time of a record as its table keeps it, and the period it belongs to."""
    spec = spec_of(resolution)
    if spec.time_column == "date":
        return [f.to_date("record.time", "yyyy-MM-dd").alias("date")]
    time = f.to_timestamp("record.time", INSTANT)
    periods = {"year": f.year(time).alias("year"), "day": f.to_date(time).alias("day")}
    return [time.alias("time"), *([periods[spec.period]] if spec.period else [])]


def _typed(variable: Variable) -> Column:
    value = f.col("record.values")[variable.name]
    return f.to_timestamp(value, INSTANT) if variable.type == "timestamp" else value
