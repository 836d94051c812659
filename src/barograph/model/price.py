"""What a plan costs: calls, weight, rows, bytes, and until when the quota stretches it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from barograph.model.chunk import Chunk
from barograph.model.cost import cost_of
from barograph.model.quota import Quota, Usage, foresee_end

SAMPLE_VALUE: Final = 100.5
"""As long as a value is on average."""

KAFKA_KEEPS: Final = timedelta(days=7)
"""How long the topics keep records: a plan must be loaded by then."""


@dataclass(frozen=True, slots=True)
class Price:
    """The cost of a plan; `size_bytes` is that of its records in Kafka before compression, `end_at` when its last call fits."""

    calls: int
    weight: float
    rows: int
    size_bytes: int
    start_at: datetime
    end_at: datetime

    def __str__(self) -> str:
        """For the log and the command line."""
        minutes = (self.end_at - self.start_at) / timedelta(minutes=1)
        said = (
            f"{self.calls} calls, weight {self.weight:.1f}, {minutes:.0f} minutes under the quota, "
            f"{self.rows} rows, {self.size_bytes / 1e6:.1f} MB"
        )
        if self.end_at.date() > self.start_at.date():
            said += f"; it ends on {self.end_at:%Y-%m-%d %H:%M} UTC, the quota of the days before is used up"
        if self.end_at - self.start_at > KAFKA_KEEPS - timedelta(days=1):
            said += f". Kafka keeps records for {KAFKA_KEEPS.days} days: ask for a shorter range at a time"
        return said


def price(chunks: Sequence[Chunk], hosts: Mapping[str, str], usage: Mapping[str, Usage], quota: Quota, now: datetime) -> Price:
    """The price of asking `chunks` one after the other from `now` on; `hosts` says who is asked for a source."""
    weights = [cost_of(chunk) for chunk in chunks]
    calls = [(hosts[chunk.source], weight) for chunk, weight in zip(chunks, weights, strict=True)]
    return Price(
        len(chunks),
        sum(weights),
        sum(chunk.asked for chunk in chunks),
        sum(chunk.asked * size_of_record(chunk) for chunk in chunks),
        now,
        foresee_end(calls, usage, quota, now),
    )


def size_of_record(chunk: Chunk) -> int:
    """Bytes of an average record of `chunk`, key and value."""
    location_id = chunk.locations[0].location_id
    values = dict.fromkeys(chunk.variables, SAMPLE_VALUE)
    record = {"location_id": location_id, "source": chunk.source, "time": f"{chunk.window.start}T00:00:00Z", "values": values}
    return len(location_id) + len(json.dumps(record, separators=(",", ":")))
