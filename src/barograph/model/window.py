"""Windows: half-open UTC intervals of valid times, and the hours or days that the calendar puts into them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from barograph.model.variables import Resolution

ONE_DAY = timedelta(days=1)


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
        """The window of an inclusive range, as users and Open-Meteo write it."""
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

    def chunks(self, days: int) -> Iterator["Window"]:
        """Consecutive windows of at most `days` days that make up this one."""
        start = self.start
        while start < self.end:
            end = min(start + timedelta(days=days), self.end)
            yield Window(start, end)
            start = end

    @lru_cache(maxsize=4)  # noqa: B019  # a window and its times are small, and every place of a chunk asks for the same
    def times(self, resolution: Resolution) -> Sequence[str]:
        """Every valid time inside, in order, as Open-Meteo writes it: `2024-04-01T00:00` or `2024-04-01`, UTC."""
        days = [(self.start + timedelta(days=n)).isoformat() for n in range(self.days)]
        if resolution == "daily":
            return days
        return [f"{day}T{hour:02}:00" for day in days for hour in range(24)]

    @lru_cache(maxsize=4)  # noqa: B019  # as above
    def record_times(self, resolution: Resolution) -> Sequence[str]:
        """The same in record form; see `Observation.time`."""
        return [f"{time}:00Z" for time in self.times(resolution)] if resolution == "hourly" else self.times(resolution)

    def count(self, resolution: Resolution) -> int:
        """How many valid times the calendar puts inside."""
        return self.days * (24 if resolution == "hourly" else 1)

    def __str__(self) -> str:
        """Inclusive days, as users write them."""
        return f"{self.start}..{self.last_day}"


def _month(day: date) -> int:
    """Months since year 0."""
    return day.year * 12 + day.month - 1
