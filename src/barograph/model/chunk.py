"""Units of a plan: source × resolution × batch of locations × chunk of days. An attempt extracts exactly one."""

from dataclasses import dataclass
from datetime import date
from typing import NotRequired, TypedDict

from barograph.model.location import Location
from barograph.model.variables import Resolution
from barograph.model.window import Window


class ChunkJson(TypedDict):
    """A chunk in JSON types: `locations` as `Location.to_json` writes them, `start` and `end` half-open.

    With a `list_id` the locations are kept elsewhere, and the list here is empty.
    """

    source: str
    resolution: Resolution
    locations: list[str | dict[str, str]]
    variables: list[str]
    start: str
    end: str
    list_id: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Chunk:
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

    def to_json(self) -> ChunkJson:
        """The same in JSON types, for handing it from task to task."""
        return {
            "source": self.source,
            "resolution": self.resolution,
            "locations": [location.to_json() for location in self.locations],
            "variables": list(self.variables),
            "start": self.window.start.isoformat(),
            "end": self.window.end.isoformat(),
        }

    @classmethod
    def from_json(cls, parts: ChunkJson) -> "Chunk":
        """The chunk that `to_json` wrote."""
        return cls(
            source=parts["source"],
            resolution=parts["resolution"],
            locations=tuple(Location.from_json(place) for place in parts["locations"]),
            variables=tuple(parts["variables"]),
            window=Window(date.fromisoformat(parts["start"]), date.fromisoformat(parts["end"])),
        )

    def __str__(self) -> str:
        """For logs: what is asked of whom."""
        return f"{self.source} {self.resolution} {self.window}, {len(self.locations)} locations"
