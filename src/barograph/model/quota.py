"""The quota: how much weight each fixed window of time takes, what was used of it, and when a call fits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal, get_args

Period = Literal["minute", "hour", "day"]
PERIODS: Final[tuple[Period, ...]] = get_args(Period)
LENGTHS: Final[Mapping[Period, timedelta]] = MappingProxyType(
    {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
)

Quota = Mapping[Period, float]
"""The weight that one address may use per clock minute, UTC hour and UTC day."""


def window_start(period: Period, at: datetime) -> datetime:
    """The beginning of the clock minute, hour or UTC day in which `at` lies."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (at - midnight) // LENGTHS[period] * LENGTHS[period]


@dataclass(frozen=True, slots=True)
class Used:
    """What was used in the window that began at `since`: weight, and in how many calls."""

    since: datetime
    weight: float = 0.0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What one address has used in the newest window of each period; a period that is not there was not used."""

    windows: Mapping[Period, Used] = field(default_factory=dict)

    def used(self, period: Period, at: datetime) -> Used:
        """What was used of the window in which `at` lies."""
        since = window_start(period, at)
        known = self.windows.get(period)
        return known if known is not None and known.since == since else Used(since)

    def charged(self, weight: float, at: datetime) -> "Usage":
        """The usage after a call of `weight` at `at`."""
        now = {period: self.used(period, at) for period in PERIODS}
        return Usage({period: Used(one.since, one.weight + weight, one.calls + 1) for period, one in now.items()})

    def fits_at(self, weight: float, quota: Quota, at: datetime) -> datetime:
        """The first instant from `at` on at which a call of `weight` stays within `quota`.

        A call heavier than a whole window goes first in it: it is served, and what follows waits.
        """
        fits = at
        for period in PERIODS:
            used = self.used(period, at)
            if used.weight and used.weight + weight > quota[period]:
                fits = max(fits, used.since + LENGTHS[period])
        return fits


def foresee_end(
    calls: Iterable[tuple[str, float]],
    usage: Mapping[str, Usage],
    quota: Quota,
    at: datetime,
    call_takes: timedelta = timedelta(),
) -> datetime:
    """When the last of `calls` (host and weight), made one after the other from `at` on, will have been answered.

    `usage` is what each host was asked before.
    """
    now = dict(usage)
    for host, weight in calls:
        used = now.get(host, Usage())
        at = used.fits_at(weight, quota, at)
        now[host] = used.charged(weight, at)
        at += call_takes
    return at
