"""Hand-made Kafka records, as `read_records` hands them on."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Final, cast

import pytest
from pyspark.sql import DataFrame, SparkSession

from barograph.model.attempt import Attempt, Manifest
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.resolution import Resolution
from barograph.model.window import Window
from barograph.store.ledger import Ledger

SPARK: Final = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")]
"""Marks of a test that starts a Spark session; py4j leaves its sockets to the garbage collector."""


def on_spark(test: Callable[..., None]) -> Callable[..., None]:
    """One test with these marks."""
    for mark in SPARK:
        test = mark(test)
    return test


SOURCE: Final = "open-meteo/dwd-icon"
BERLIN: Final = Location("52.5244", "13.4105")
HAMBURG: Final = Location("53.5507", "9.993")
DAY: Final = Window(date(2024, 4, 1), date(2024, 4, 2))
VERSION: Final = 1763683200000000
ATTEMPT_ID: Final = f"{SOURCE}/hourly/{VERSION}"
COLUMNS: Final = (
    "topic string, partition int, offset long, key binary, value binary, headers array<struct<key: string, value: binary>>, "
    "attempt_id string, version long, window_start timestamp, window_end timestamp, is_asked boolean, is_ours boolean"
)
Headers = Sequence[tuple[str, bytes]]


def value_of(**changes: object) -> bytes:
    """A good record of Berlin at midnight, with these changes; None leaves a field out."""
    fields: dict[str, object] = {
        "location_id": BERLIN.location_id,
        "source": SOURCE,
        "time": "2024-04-01T00:00:00Z",
        "values": {"temperature_2m": 7.5, "rain": 0.0},
        **changes,
    }
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


@dataclass(frozen=True)
class Record:
    """One record as it lies in Kafka; good and ours unless said otherwise."""

    value: bytes | None = field(default_factory=value_of)
    key: bytes | None = b"52.5244,13.4105"
    headers: Headers | None = (("attempt_id", ATTEMPT_ID.encode()), ("schema", b"1"))
    attempt_id: str | None = ATTEMPT_ID
    is_ours: bool = True


def is_berlin(record: Record) -> bool:
    """Whether the key is the place that the attempt asked for."""
    return record.key == BERLIN.location_id.encode()


def records_frame(spark: SparkSession, records: Sequence[Record], window: Window = DAY) -> DataFrame:
    """`records` at offsets 0, 1, … of partition 0."""
    rows = [
        (
            *("hourlymetrics", 0, offset),
            *(bytearray(part) if part is not None else None for part in (record.key, record.value)),
            [(name, bytearray(value)) for name, value in record.headers] if record.headers is not None else None,
            record.attempt_id,
            *((VERSION, window.start_at, window.end_at, is_berlin(record)) if record.is_ours else (None, None, None, None)),
            record.is_ours,
        )
        for offset, record in enumerate(records)
    ]
    return spark.createDataFrame(rows, COLUMNS)


def attempt(
    version: int = VERSION,
    variables: Sequence[str] = ("temperature_2m", "rain"),
    locations: Sequence[Location] = (BERLIN,),
    window: Window = DAY,
    resolution: Resolution = "hourly",
) -> Attempt:
    """An attempt at one day of Berlin."""
    chunk = Chunk(SOURCE, resolution, tuple(locations), tuple(variables), window)
    return Attempt(chunk, version, "EXTRACTED", "manual__1", "produce_hourly_metrics")


def ledger_of(*known: Attempt) -> Ledger:
    """A ledger that knows these attempts, and no Cassandra."""

    def overlapping(chunks: Sequence[Chunk]) -> list[Attempt]:
        asked = [Attempt(chunk, 0, "OPEN", "", "") for chunk in chunks]
        alike = [one for one in known if (one.chunk.source, one.chunk.resolution) == (chunks[0].source, chunks[0].resolution)]
        return [one for one in alike if any(one.overlaps(other) for other in asked)]

    return cast("Ledger", SimpleNamespace(overlapping=overlapping))


def manifest(count: int, record_digest: int, ranges: Mapping[int, tuple[int, int]] | None = None) -> Manifest:
    """A manifest of these figures."""
    return Manifest("hourlymetrics", "topic-id", ranges or {0: (0, count)}, count, record_digest)


def at(hour: int) -> datetime:
    """That hour of 2024-04-01, UTC."""
    return datetime(2024, 4, 1, hour, tzinfo=UTC)
