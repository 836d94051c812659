"""The quota: how much cost each fixed window of time takes, what was used of it, and when a call fits."""

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
"""The cost that one host takes from this address per clock minute, UTC hour and UTC day."""


@dataclass(frozen=True, slots=True)
class Call:
    """What fetching a chunk takes: the `host` that counts it, its `cost`, and the host's `quota` (None = only counted)."""

    host: str
    cost: float
    quota: Quota | None = None


def window_start(period: Period, at: datetime) -> datetime:
    """The beginning of the clock minute, hour or UTC day in which `at` lies."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (at - midnight) // LENGTHS[period] * LENGTHS[period]


@dataclass(frozen=True, slots=True)
class Used:
    """What was used in the window that began at `since`: cost, and in how many calls."""

    since: datetime
    cost: float = 0.0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What one host was asked in the newest window of each period; a period that is not there was not used."""

    windows: Mapping[Period, Used] = field(default_factory=dict)

    def used(self, period: Period, at: datetime) -> Used:
        """What was used of the window in which `at` lies."""
        since = window_start(period, at)
        known = self.windows.get(period)
        return known if known is not None and known.since == since else Used(since)

    def charged(self, cost: float, at: datetime) -> "Usage":
        """The usage after a call of `cost` at `at`."""
        now = {period: self.used(period, at) for period in PERIODS}
        return Usage({period: Used(used.since, used.cost + cost, used.calls + 1) for period, used in now.items()})

    def fits_at(self, call: Call, at: datetime) -> datetime:
        """The first instant from `at` on at which `call` stays within its quota.

        A call that costs more than a whole window goes first in it: it is served, and what follows waits.
        """
        if call.quota is None:
            return at
        fits = at
        for period in PERIODS:
            used = self.used(period, at)
            if used.cost and used.cost + call.cost > call.quota[period]:
                fits = max(fits, used.since + LENGTHS[period])
        return fits


def foresee_end(
    calls: Iterable[Call | None], usage: Mapping[str, Usage], at: datetime, call_takes: timedelta = timedelta()
) -> datetime:
    """When the last of `calls`, made one after the other from `at` on, will have been answered.

    `usage` is what each host was asked before; None is a call that nothing limits.
    """
    now = dict(usage)
    for call in calls:
        if call is not None:
            used = now.get(call.host, Usage())
            at = used.fits_at(call, at)
            now[call.host] = used.charged(call.cost, at)
        at += call_takes
    return at
