"""What a plan costs: calls, weight, rows, bytes, and until when the quota stretches it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from barograph.model.quota import Quota, Usage, foresee_end
from barograph.model.unit import Unit
from barograph.model.weight import weigh

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


def price(units: Sequence[Unit], hosts: Mapping[str, str], usage: Mapping[str, Usage], quota: Quota, now: datetime) -> Price:
    """The price of asking `units` one after the other from `now` on; `hosts` says who is asked for a source."""
    weights = [weigh(unit) for unit in units]
    calls = [(hosts[unit.source], weight) for unit, weight in zip(units, weights, strict=True)]
    return Price(
        len(units),
        sum(weights),
        sum(unit.asked for unit in units),
        sum(unit.asked * size_of_record(unit) for unit in units),
        now,
        foresee_end(calls, usage, quota, now),
    )


def size_of_record(unit: Unit) -> int:
    """Bytes of an average record of `unit`, key and value."""
    location_id = unit.locations[0].location_id
    values = dict.fromkeys(unit.variables, SAMPLE_VALUE)
    record = {"location_id": location_id, "source": unit.source, "time": f"{unit.window.start}T00:00:00Z", "values": values}
    return len(location_id) + len(json.dumps(record, separators=(",", ":")))
