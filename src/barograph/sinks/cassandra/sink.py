"""The Cassandra sink: tables by resolution, written and read through the Spark connector at the version of the attempt."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import ClassVar, Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.resolution import Resolution, spec_of
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sinks.cassandra.deletions import delete_cells
from barograph.sinks.port import Guarantee
from barograph.store.store import Store

SPANS_TYPE: Final = "array<struct<asked_id: string, asked_from: timestamp, asked_until: timestamp>>"
FORMAT: Final = "org.apache.spark.sql.cassandra"


@dataclass(frozen=True, slots=True)
class CassandraSink:
    """See `Sink`. A version is the write timestamp of its cells, so Cassandra itself keeps the newest."""

    guarantee: ClassVar[Guarantee] = "version per cell"

    spark: SparkSession
    store: Store

    @property
    def settings(self) -> Settings:
        """Names of keyspace and tables."""
        return self.store.settings

    def prepare(self, resolution: Resolution, variables: Sequence[str]) -> list[str]:
        """See `Sink.prepare`: a column for each variable.

        Raises:
            SchemaDrift: the table is missing, or has such a column with another type.
            StoreUnavailable: the nodes do not agree on the schema.
        """
        return self.store.add_columns(resolution, variables)

    def write(self, rows: DataFrame, resolution: Resolution, variables: Sequence[str], *, with_nulls: bool) -> None:
        """See `Sink.write`. Nulls are written as deletions `with_nulls`, and left unset otherwise.

        The rows are written in Kafka's order, a location's hours together, which fills the batches without a shuffle:
        docs/decisions/0004.
        """
        spec = spec_of(resolution)
        (
            rows.select(*spec.partition_key, spec.time_column, *variables, "version")
            .write.format(FORMAT)
            .options(keyspace=self.settings.cassandra_keyspace, table=self.settings.sink_table(resolution), writetime="version")
            .option("spark.cassandra.output.ignoreNulls", str(not with_nulls).lower())
            .mode("append")
            .save()
        )

    def clear(self, rows: DataFrame, resolution: Resolution, variables: Sequence[str]) -> int:
        """See `Sink.clear`: deletions just below the version.

        Of a value and a deletion with one timestamp Cassandra keeps the deletion, so a value replayed at the version would
        never be seen.
        """
        spec = spec_of(resolution)
        key = [*spec.partition_key, spec.time_column]
        table = self.settings.sink_table(resolution)
        gone = (tuple(row) for row in rows.select(f.col("version") - 1, *key).toLocalIterator())
        return delete_cells(self.store.queries, table, key, variables, gone)

    def read_back(self, attempts: Sequence[Attempt]) -> DataFrame:
        """See `Sink.read_back`. Only the attempts' partitions and times are read."""
        chunk = attempts[0].chunk
        table = self._table(chunk)
        columns = ("location_id", spec_of(chunk.resolution).time_column, *chunk.variables)
        parts = [
            _cells(table, attempt.chunk).select(f.lit(attempt.attempt_id).alias("attempt_id"), *columns) for attempt in attempts
        ]
        return reduce(DataFrame.unionAll, parts)

    def count_present(self, attempts: Sequence[Attempt]) -> int:
        """See `Sink.count_present`."""
        chunk = attempts[0].chunk
        names = sorted({name for attempt in attempts for name in attempt.chunk.variables})
        asked = {(location.location_id, attempt.chunk.window) for attempt in attempts for location in attempt.chunk.locations}
        spans = [
            {"asked_id": location_id, "asked_from": window.start_at.isoformat(), "asked_until": window.end_at.isoformat()}
            for location_id, window in sorted(asked)
        ]
        known = self.spark.range(1).select(f.inline(f.from_json(f.lit(json.dumps(spans)), SPANS_TYPE)))
        hull = Window(min(window.start for _, window in asked), max(window.end for _, window in asked))
        locations = {location for attempt in attempts for location in attempt.chunk.locations}
        rows = _cells(self._table(chunk), replace(chunk, locations=tuple(locations), window=hull))
        time = f.col(spec_of(chunk.resolution).time_column).cast("timestamp")
        inside = (f.col("location_id") == f.col("asked_id")) & (time >= f.col("asked_from")) & (time < f.col("asked_until"))
        return rows.dropna(how="all", subset=names).join(f.broadcast(known), inside, "left_semi").count()

    def _table(self, chunk: Chunk) -> DataFrame:
        table = self.settings.sink_table(chunk.resolution)
        rows = self.spark.read.format(FORMAT).options(keyspace=self.settings.cassandra_keyspace, table=table).load()
        return rows.where(f.col("source") == chunk.source)


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
