"""What a plan will take: calls, cost, rows, bytes, and until when the quota stretches it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from barograph.model.chunk import Chunk
from barograph.model.quota import Call, Usage, foresee_end

SAMPLE_VALUE: Final = 100.5
"""As long as a value is on average."""

KAFKA_KEEPS: Final = timedelta(days=7)
"""How long the topics keep records: a plan must be loaded by then."""


@dataclass(frozen=True, slots=True)
class PlanEstimate:
    """What a plan takes; `size_bytes` is that of its records in Kafka before compression, `end_at` when its last call fits."""

    calls: int
    cost: float
    rows: int
    size_bytes: int
    start_at: datetime
    end_at: datetime

    def __str__(self) -> str:
        """For the log and the command line."""
        minutes = (self.end_at - self.start_at) / timedelta(minutes=1)
        text = (
            f"{self.calls} calls, cost {self.cost:.1f}, {minutes:.0f} minutes under the quota, "
            f"{self.rows} rows, {self.size_bytes / 1e6:.1f} MB"
        )
        if self.end_at.date() > self.start_at.date():
            text += f"; it ends on {self.end_at:%Y-%m-%d %H:%M} UTC, the quota of the days before is used up"
        if self.end_at - self.start_at > KAFKA_KEEPS - timedelta(days=1):
            text += f". Kafka keeps records for {KAFKA_KEEPS.days} days: ask for a shorter range at a time"
        return text


def estimate(chunks: Sequence[Chunk], calls: Sequence[Call | None], usage: Mapping[str, Usage], now: datetime) -> PlanEstimate:
    """What asking `chunks` one after the other from `now` on takes; `calls` are theirs in order, `usage` by host."""
    return PlanEstimate(
        len(chunks),
        sum(call.cost for call in calls if call is not None),
        sum(chunk.asked for chunk in chunks),
        sum(chunk.asked * size_of_record(chunk) for chunk in chunks),
        now,
        foresee_end(calls, usage, now),
    )


def size_of_record(chunk: Chunk) -> int:
    """Bytes of an average record of `chunk`, key and value."""
    location_id = chunk.locations[0].location_id
    values = dict.fromkeys(chunk.variables, SAMPLE_VALUE)
    record = {"location_id": location_id, "source": chunk.source, "time": f"{chunk.window.start}T00:00:00Z", "values": values}
    return len(location_id) + len(json.dumps(record, separators=(",", ":")))
