"""A sink in memory: the worked example of docs/add-a-sink.md. It runs the same suite as Cassandra."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from pyspark.sql import DataFrame, Row, SparkSession

from barograph.model.attempt import Attempt
from barograph.model.resolution import Resolution, spec_of
from barograph.model.variables import get_variable
from barograph.sinks.port import Guarantee

RowKey = tuple[Resolution, str, str, datetime]
"""Resolution, source, location_id and time."""


@dataclass
class MemorySink:
    """See `Sink`: by row and variable the newest version and its value; None = taken away."""

    guarantee: ClassVar[Guarantee] = "version per cell"

    spark: SparkSession
    names: dict[Resolution, set[str]] = field(default_factory=dict)
    cells: dict[RowKey, dict[str, tuple[int, float | None]]] = field(default_factory=dict)

    def prepare(self, resolution: Resolution, variables: Sequence[str]) -> list[str]:
        """See `Sink.prepare`."""
        known = self.names.setdefault(resolution, set())
        added = [name for name in variables if name not in known]
        known.update(added)
        return added

    def write(self, rows: DataFrame, resolution: Resolution, variables: Sequence[str], *, with_nulls: bool) -> None:
        """See `Sink.write`."""
        for row in rows.collect():
            for name in variables:
                if with_nulls or row[name] is not None:
                    self._keep(_key(row, resolution), name, row["version"], row[name])

    def clear(self, rows: DataFrame, resolution: Resolution, variables: Sequence[str]) -> int:
        """See `Sink.clear`."""
        gone = rows.collect()
        for row in gone:
            for name in variables:
                self._keep(_key(row, resolution), name, row["version"] - 1, None)
        return len(gone)

    def _keep(self, key: RowKey, name: str, version: int, value: float | None) -> None:
        held = self.cells.setdefault(key, {})
        if version >= held.get(name, (-1, None))[0]:
            held[name] = version, value

    def read_back(self, attempts: Sequence[Attempt]) -> DataFrame:
        """See `Sink.read_back`."""
        chunk = attempts[0].chunk
        time = spec_of(chunk.resolution).time_column
        columns = ", ".join(f"{name} {get_variable(name, chunk.resolution).type}" for name in chunk.variables)
        rows = [
            (attempt.attempt_id, key[2], key[3], *(held.get(name, (0, None))[1] for name in chunk.variables))
            for attempt in attempts
            for key, held in self._of(attempt)
        ]
        return self.spark.createDataFrame(rows, f"attempt_id string, location_id string, {time} timestamp, {columns}")

    def count_present(self, attempts: Sequence[Attempt]) -> int:
        """See `Sink.count_present`."""
        return len({key for attempt in attempts for key, held in self._of(attempt) if _has_value(attempt, held)})

    def _of(self, attempt: Attempt) -> list[tuple[RowKey, dict[str, tuple[int, float | None]]]]:
        chunk, window = attempt.chunk, attempt.chunk.window
        locations = {location.location_id for location in chunk.locations}
        return [
            (key, held)
            for key, held in self.cells.items()
            if key[:2] == (chunk.resolution, chunk.source) and key[2] in locations and window.start <= key[3].date() < window.end
        ]


def _has_value(attempt: Attempt, held: dict[str, tuple[int, float | None]]) -> bool:
    return any(held.get(name, (0, None))[1] is not None for name in attempt.chunk.variables)


def _key(row: Row, resolution: Resolution) -> RowKey:
    return resolution, row["source"], row["location_id"], row[spec_of(resolution).time_column]
