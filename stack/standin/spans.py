"""Which hours and days a request asks for: explicit days, or a window around now."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from stack.standin import errors
from stack.standin.errors import Refused
from stack.standin.parameters import Parameters
from stack.standin.profiles import Profile, hour_of, hour_of_day

MAX_PAST_DAYS: Final = 93
RELATIVE: Final = ("past_days", "forecast_days", "past_hours", "forecast_hours")


@dataclass(frozen=True, slots=True)
class Span:
    """What one result covers: half-open hours since 1970 for the hourly section, whole UTC days for the daily one."""

    first_hour: int
    end_hour: int
    first_day: date
    days: int

    @classmethod
    def from_days(cls, first: date, last: date) -> "Span":
        """The span of inclusive days."""
        days = (last - first).days + 1
        return cls(hour_of_day(first), hour_of_day(first) + 24 * days, first, days)

    def each_day(self) -> list[date]:
        """The days of the daily section, in order."""
        return [self.first_day + timedelta(days=index) for index in range(self.days)]


@dataclass(frozen=True, slots=True)
class Dates:
    """The parameters that say when. `relative` holds those around now that were given."""

    starts: tuple[date, ...]
    ends: tuple[date, ...]
    relative: dict[str, int]

    @classmethod
    def decode(cls, parameters: Parameters) -> "Dates":
        """Read them without comparing them."""
        relative = {name: value for name in RELATIVE if (value := parameters.integer(name)) is not None}
        return cls(tuple(parameters.days("start_date")), tuple(parameters.days("end_date")), relative)

    def check(self) -> None:
        """Refuse ranges that do not fit together."""
        if len(self.starts) != len(self.ends):
            raise Refused(errors.DATE_COUNTS)
        if any(end < start for start, end in zip(self.starts, self.ends, strict=True)):
            raise Refused(errors.END_BEFORE_START)
        for name, value in self.relative.items():
            if self.starts and value:
                raise Refused(errors.MUTUALLY_EXCLUSIVE.format(name), reason_first=True)

    def spans(self, profile: Profile, now: datetime) -> list[Span]:
        """The spans asked for: one, or one per range; days outside the profile's are refused."""
        if not self.starts:
            return [self._around(profile, now)]
        first, last = profile.allowed_days(now.date())
        for start, end in zip(self.starts, self.ends, strict=True):
            for name, day in (("start_date", start), ("end_date", end)):
                if not first <= day <= last:
                    raise Refused(errors.DATE_RANGE.format(name, first, last))
        return [Span.from_days(start, end) for start, end in zip(self.starts, self.ends, strict=True)]

    def _around(self, profile: Profile, now: datetime) -> Span:
        past = self.relative.get("past_days", 0)
        ahead = self.relative.get("forecast_days", profile.forecast_days)
        limit = profile.forecast_days_limit
        if not 0 <= past <= MAX_PAST_DAYS:
            raise Refused(errors.PAST_DAYS.format(MAX_PAST_DAYS, past))
        if not 0 <= ahead <= limit:
            raise Refused(errors.FORECAST_DAYS.format(limit))
        today = now.date()
        span = Span.from_days(today - timedelta(days=past), today + timedelta(days=ahead - 1))
        if "past_hours" not in self.relative and "forecast_hours" not in self.relative:
            return span
        first_hour = hour_of(now) - self.relative.get("past_hours", 0)
        end_hour = hour_of(now) + self.relative.get("forecast_hours", limit * 24)
        return Span(first_hour, end_hour, span.first_day, span.days)
