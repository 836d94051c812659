"""Units of a plan: source × resolution × batch of locations × chunk of days. An attempt extracts exactly one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from barograph.model.location import Location
from barograph.model.variables import Resolution
from barograph.model.window import Window


@dataclass(frozen=True, slots=True)
class Unit:
    """One question to one source, small enough to be answered at once."""

    source: str
    resolution: Resolution
    locations: tuple[Location, ...]
    variables: tuple[str, ...]
    window: Window

    @property
    def asked(self) -> int:
        """Observations the calendar expects: locations × valid times."""
        return len(self.locations) * self.window.count(self.resolution)

    def to_json(self) -> dict[str, str | list[str]]:
        """The same in JSON types, for handing it from task to task."""
        return {
            "source": self.source,
            "resolution": self.resolution,
            "locations": [location.location_id for location in self.locations],
            "variables": list(self.variables),
            "start": self.window.start.isoformat(),
            "end": self.window.end.isoformat(),
        }

    @classmethod
    def from_json(cls, parts: Mapping[str, str | Sequence[str]]) -> "Unit":
        """The unit that `to_json` wrote."""
        return cls(
            source=str(parts["source"]),
            resolution="hourly" if parts["resolution"] == "hourly" else "daily",
            locations=tuple(Location.from_id(location_id) for location_id in parts["locations"]),
            variables=tuple(parts["variables"]),
            window=Window(date.fromisoformat(str(parts["start"])), date.fromisoformat(str(parts["end"]))),
        )

    def __str__(self) -> str:
        """For logs: what is asked of whom."""
        return f"{self.source} {self.resolution} {self.window}, {len(self.locations)} locations"


def split_into_units(question: Unit, batch_locations: int, chunk_observations: int) -> Iterator[Unit]:
    """Cut `question` into units of at most `batch_locations` places and about `chunk_observations` observations.

    Chunks hold whole days, at least one. Order: chunk by chunk, within it batch by batch.
    """
    per_day = min(batch_locations, len(question.locations)) * (24 if question.resolution == "hourly" else 1)
    for window in question.window.chunks(max(1, chunk_observations // per_day)):
        for batch in _batches(question.locations, batch_locations):
            yield Unit(question.source, question.resolution, tuple(batch), question.variables, window)


def _batches(locations: Sequence[Location], size: int) -> Iterator[Sequence[Location]]:
    for start in range(0, len(locations), size):
        yield locations[start : start + size]
