"""Units of a plan: source × resolution × batch of locations × chunk of days. An attempt extracts exactly one."""

from dataclasses import dataclass
from datetime import date
from typing import NotRequired, TypedDict

from barograph.model.location import Location
from barograph.model.resolution import Resolution, TimeRule
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
    time_rule: NotRequired[TimeRule]


@dataclass(frozen=True, slots=True)
class Chunk:
    """One question to one source, small enough to be answered at once."""

    source: str
    resolution: Resolution
    locations: tuple[Location, ...]
    variables: tuple[str, ...]
    window: Window
    time_rule: TimeRule = "calendar"

    @property
    def asked(self) -> int:
        """Observations the calendar expects: locations × valid times; 0 where the source says which times there are."""
        return 0 if self.time_rule != "calendar" else len(self.locations) * self.window.count(self.resolution)

    def to_json(self) -> ChunkJson:
        """The same in JSON types, for handing it from task to task."""
        parts: ChunkJson = {
            "source": self.source,
            "resolution": self.resolution,
            "locations": [location.to_json() for location in self.locations],
            "variables": list(self.variables),
            "start": self.window.start.isoformat(),
            "end": self.window.end.isoformat(),
        }
        if self.time_rule != "calendar":
            parts["time_rule"] = self.time_rule
        return parts

    @classmethod
    def from_json(cls, parts: ChunkJson) -> "Chunk":
        """The chunk that `to_json` wrote."""
        return cls(
            source=parts["source"],
            resolution=parts["resolution"],
            locations=tuple(Location.from_json(location) for location in parts["locations"]),
            variables=tuple(parts["variables"]),
            window=Window(date.fromisoformat(parts["start"]), date.fromisoformat(parts["end"])),
            time_rule=parts.get("time_rule", "calendar"),
        )

    def __str__(self) -> str:
        """For logs: what is asked of whom."""
        return f"{self.source} {self.resolution} {self.window}, {len(self.locations)} locations"
