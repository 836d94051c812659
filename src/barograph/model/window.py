"""Windows: half-open UTC intervals of valid times, and the hours or days that the calendar puts into them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from barograph.model.resolution import Resolution, spec_of

ONE_DAY = timedelta(days=1)
MAX_DAYS: Final = 36_525
"""The most days back that a person asks for, a hundred years: more is a slip of the hand, and no date at some point."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Whole UTC days from `start` to before `end` (half-open)."""

    start: date
    end: date

    def __post_init__(self) -> None:
        """Refuse a window that holds no day."""
        if self.start >= self.end:
            raise ValueError(f"window {self.start} to {self.end} holds no day: the end is not part of it")

    @classmethod
    def from_days(cls, first_day: date, last_day: date) -> "Window":
        """The window of an inclusive range, as users write it."""
        return cls(first_day, last_day + ONE_DAY)

    @property
    def last_day(self) -> date:
        """The last day inside, for requests and messages."""
        return self.end - ONE_DAY

    @property
    def days(self) -> int:
        """How many days it holds."""
        return (self.end - self.start).days

    @property
    def months(self) -> list[int]:
        """The months that it touches, in order, as yyyymm."""
        return [number // 12 * 100 + number % 12 + 1 for number in range(_month(self.start), _month(self.last_day) + 1)]

    @property
    def start_at(self) -> datetime:
        """The first instant inside, UTC."""
        return datetime.combine(self.start, time(), UTC)

    @property
    def end_at(self) -> datetime:
        """The first instant after it, UTC."""
        return datetime.combine(self.end, time(), UTC)

    def overlaps(self, other: "Window") -> bool:
        """Whether both hold a common day."""
        return self.start < other.end and other.start < self.end

    def split(self, days: int) -> Iterator["Window"]:
        """Consecutive windows of at most `days` days that make up this one."""
        start = self.start
        while start < self.end:
            end = min(start + timedelta(days=days), self.end)
            yield Window(start, end)
            start = end

    @lru_cache(maxsize=4)  # noqa: B019  # a window and its times are small, and every location of a chunk needs the same
    def times(self, resolution: Resolution) -> Sequence[str]:
        """Every valid time that the calendar puts inside, in order, UTC: `2024-04-01T00:00`, or `2024-04-01` where days count."""
        spec = spec_of(resolution)
        starts = [self.start_at + timedelta(days=1) * n / spec.per_day for n in range(self.count(resolution))]
        return [f"{at:%Y-%m-%dT%H:%M}" if spec.time_column == "time" else f"{at:%Y-%m-%d}" for at in starts]

    @lru_cache(maxsize=4)  # noqa: B019  # as above
    def record_times(self, resolution: Resolution) -> Sequence[str]:
        """The same in record form; see `Observation.time`."""
        times = self.times(resolution)
        return [f"{time}:00Z" for time in times] if spec_of(resolution).time_column == "time" else times

    def count(self, resolution: Resolution) -> int:
        """How many valid times the calendar puts inside; 0 where it says nothing (`ResolutionSpec.per_day`)."""
        return self.days * spec_of(resolution).per_day

    def __str__(self) -> str:
        """Inclusive days, as users write them."""
        return f"{self.start}..{self.last_day}"


def _month(day: date) -> int:
    """Months since year 0."""
    return day.year * 12 + day.month - 1
