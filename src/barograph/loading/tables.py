"""Reading and writing the Cassandra tables through the connector."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from barograph.loading.digest import has_value
from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.resolution import Resolution, spec_of
from barograph.model.window import Window
from barograph.settings import Settings

SPANS_TYPE: Final = "array<struct<asked_id: string, asked_from: timestamp, asked_until: timestamp>>"
FORMAT: Final = "org.apache.spark.sql.cassandra"
QUARANTINE_COLUMNS: Final = (
    "source", "resolution", "day", "version", "topic", "partition", "offset",
    "reason", "location_id", "record_key", "raw", "headers", "state", "attempt_id",
)  # fmt: skip


def write_rows(
    rows: DataFrame, resolution: Resolution, variables: Sequence[str], settings: Settings, *, with_nulls: bool
) -> None:
    """Write good rows (key columns, variables, version) with `version` as write timestamp.

    `with_nulls` writes nulls as deletions, for attempts that overlap an earlier one; otherwise nulls are left unset. The rows
    go as they lie in Kafka, a place's hours together, which fills the batches without a shuffle: docs/decisions/0004.
    """
    key = [*spec_of(resolution).partition_key, spec_of(resolution).time_column]
    (
        rows.select(*key, *variables, "version")
        .write.format(FORMAT)
        .options(keyspace=settings.cassandra_keyspace, table=settings.sink_table(resolution), writetime="version")
        .option("spark.cassandra.output.ignoreNulls", str(not with_nulls).lower())
        .mode("append")
        .save()
    )


def write_quarantine(bad: DataFrame, resolution: Resolution, settings: Settings, began_at_us: int) -> None:
    """Write bad records whole: see `quarantine_rows`.

    Their write timestamp is `began_at_us`, when whoever writes began: a state that was given since stays.
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
    """Rows of the quarantine, QUARANTINE_COLUMNS: reason, key, raw value, headers, and where they lie in Kafka.

    Of a header that comes twice the first counts, as it does in `header`.
    """
    texts = f.transform("headers", lambda one: f.struct(one["key"], f.coalesce(one["value"].cast("string"), f.lit(""))))
    rows = bad.select(
        "source",
        f.lit(resolution).alias("resolution"),
        f.to_date(f.timestamp_micros("version")).alias("day"),
        "version",
        "topic",
        "partition",
        "offset",
        "reason",
        f.coalesce("location_id", f.col("key").cast("string")).alias("location_id"),
        f.col("key").alias("record_key"),
        f.col("value").alias("raw"),
        f.map_from_entries(f.reverse(texts)).alias("headers"),
        f.lit("open").alias("state"),
        "attempt_id",
    )
    return rows.select(*QUARANTINE_COLUMNS)


def read_back(spark: SparkSession, attempts: Sequence[Attempt], settings: Settings) -> DataFrame:
    """What the table holds now in the cells of `attempts`, which share source, resolution and variables.

    Columns: attempt_id, location_id, time or date, variables. Only the attempts' partitions and times are read.
    """
    chunk = attempts[0].chunk
    table = _table(spark, chunk, settings)
    columns = ("location_id", spec_of(chunk.resolution).time_column, *chunk.variables)
    parts = [_cells(table, attempt.chunk).select(f.lit(attempt.attempt_id).alias("attempt_id"), *columns) for attempt in attempts]
    return reduce(DataFrame.unionAll, parts)


def count_present(spark: SparkSession, attempts: Sequence[Attempt], settings: Settings) -> int:
    """How many of the observations asked for by `attempts` (of one source and resolution) hold a value, each counted once."""
    chunk = attempts[0].chunk
    names = sorted({name for attempt in attempts for name in attempt.chunk.variables})
    asked = {(place.location_id, one.chunk.window) for one in attempts for place in one.chunk.locations}
    spans = [
        {"asked_id": location_id, "asked_from": window.start_at.isoformat(), "asked_until": window.end_at.isoformat()}
        for location_id, window in sorted(asked)
    ]
    known = spark.range(1).select(f.inline(f.from_json(f.lit(json.dumps(spans)), SPANS_TYPE)))
    hull = Window(min(window.start for _, window in asked), max(window.end for _, window in asked))
    places = {place for attempt in attempts for place in attempt.chunk.locations}
    rows = _cells(_table(spark, chunk, settings), replace(chunk, locations=tuple(places), window=hull))
    time = f.col(spec_of(chunk.resolution).time_column).cast("timestamp")
    inside = (f.col("location_id") == f.col("asked_id")) & (time >= f.col("asked_from")) & (time < f.col("asked_until"))
    return rows.where(has_value(names)).join(f.broadcast(known), inside, "left_semi").count()


def _table(spark: SparkSession, chunk: Chunk, settings: Settings) -> DataFrame:
    table = spark.read.format(FORMAT).options(keyspace=settings.cassandra_keyspace, table=settings.sink_table(chunk.resolution))
    return table.load().where(f.col("source") == chunk.source)


def _cells(table: DataFrame, chunk: Chunk) -> DataFrame:
    window = chunk.window
    mine = table.where(f.col("location_id").isin([location.location_id for location in chunk.locations]))
    spec = spec_of(chunk.resolution)
    if spec.period == "year":
        mine = mine.where(f.col("year").isin(list(range(window.start.year, window.last_day.year + 1))))
    if spec.period == "day":
        mine = mine.where(f.col("day").isin([day.start for day in window.split(1)]))
    start, end = (window.start, window.end) if spec.time_column == "date" else (window.start_at, window.end_at)
    return mine.where((f.col(spec.time_column) >= f.lit(start)) & (f.col(spec.time_column) < f.lit(end)))
