"""Resolutions: how observations follow each other in time, a row of data each. Nothing else asks which one it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Literal, get_args

Resolution = Literal["hourly", "daily", "instant"]

TimeRule = Literal["calendar", "listed", "any"]
"""Which valid times an answer holds: every one that the calendar puts into the window; those that the source lists, on the
calendar's steps; or any instants."""


@dataclass(frozen=True, slots=True)
class ResolutionSpec:
    """A resolution as data.

    `step` lies between two valid times (None = observations come at times of their own). `time_column` is the clustering column
    of its table: `time` holds instants (UTC), `date` GMT days. `period` is the column that keeps a partition short: the year or
    day of `time` (None = all of a location and source is one partition).
    """

    name: Resolution
    step: timedelta | None
    time_column: Literal["time", "date"]
    period: Literal["year", "day"] | None

    @property
    def partition_key(self) -> tuple[str, ...]:
        """The columns that place a row of the table."""
        return ("location_id", "source", *([self.period] if self.period else []))

    @property
    def per_day(self) -> int:
        """Valid times that the calendar puts into a day; 0 = it says nothing."""
        return timedelta(days=1) // self.step if self.step else 0


_ROWS: Final = (
    ResolutionSpec("hourly", timedelta(hours=1), "time", "year"),
    ResolutionSpec("daily", timedelta(days=1), "date", None),
    ResolutionSpec("instant", None, "time", "day"),
)
RESOLUTIONS: Final[tuple[Resolution, ...]] = get_args(Resolution)
_BY_NAME: Final[Mapping[str, ResolutionSpec]] = MappingProxyType({row.name: row for row in _ROWS})

STEPPED: Final[tuple[Resolution, ...]] = tuple(row.name for row in _ROWS if row.step)
"""The resolutions whose valid times the calendar knows: those that a request names variables for."""


def spec_of(resolution: Resolution) -> ResolutionSpec:
    """The row of `resolution`."""
    return _BY_NAME[resolution]


def find_resolution(name: str | None) -> Resolution | None:
    """The resolution of that name; None = there is none."""
    return next((known for known in RESOLUTIONS if known == name), None)
