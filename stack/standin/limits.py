"""The hosted API's limits per client: weight in fixed windows of the clock, and how many requests run at once.

A window is checked before an answer and charged after it, so one large answer passes and blocks what follows.
Source: the open-meteo server's RateLimiter and ConcurrencyGroupLimiter.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from stack.standin.errors import Refused

Period = Literal["minute", "hour", "day"]
PERIODS: Final[dict[Period, int]] = {"minute": 60, "hour": 3600, "day": 86_400}
"""Seconds of each window, in the order they are checked."""
TOO_MANY: Final[dict[Period, str]] = {
    "minute": "Minutely API request limit exceeded. Please try again in one minute.",
    "hour": "Hourly API request limit exceeded. Please try again in the next hour.",
    "day": "Daily API request limit exceeded. Please try again tomorrow.",
}
TOO_MANY_AT_ONCE: Final = "Too many concurrent requests"


class Limits(BaseModel):
    """Weight per minute, hour and day, each times `factor`; requests of one client that run, and that wait for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    minute: float = Field(default=600, gt=0)
    hour: float = Field(default=5_000, gt=0)
    day: float = Field(default=10_000, gt=0)
    factor: float = Field(default=1, gt=0)
    running: int = Field(default=1, ge=1)
    queued: int = Field(default=4, ge=0)

    def of(self, period: Period) -> float:
        """The weight from which on the window refuses."""
        return float(getattr(self, period)) * self.factor


class Limiter:
    """What each client has used, and who runs now; without `limits` it counts and refuses nothing."""

    def __init__(self, limits: Limits | None) -> None:
        self.begin(limits)

    def begin(self, limits: Limits | None) -> None:
        """Limits from now on, with nothing used yet."""
        self.limits = limits
        self._used: dict[tuple[str, Period], tuple[int, float]] = {}
        self._present: Counter[str] = Counter()
        self._turns: dict[str, asyncio.Semaphore] = {}

    def used(self, client: str, period: Period, now: datetime) -> float:
        """The weight charged to `client` in the window that holds `now`."""
        window, weight = self._used.get((client, period), (0, 0.0))
        return weight if window == int(now.timestamp()) // PERIODS[period] else 0.0

    def _check(self, client: str, now: datetime) -> None:
        for period in get_args(Period):
            if self.limits and self.used(client, period, now) >= self.limits.of(period):
                raise Refused(TOO_MANY[period], status=429, reason_first=True)

    def charge(self, client: str, now: datetime, status: int, weight: float) -> float:
        """Charge an answer to all windows that hold `now`: a 429 nothing, another failure 1, the rest its weight."""
        charged = 0.0 if status == 429 else 1.0 if status >= 300 else weight
        for period, seconds in PERIODS.items():
            self._used[client, period] = (int(now.timestamp()) // seconds, self.used(client, period, now) + charged)
        return charged

    def usage(self, now: datetime) -> dict[str, dict[str, float]]:
        """What each client has used of each window."""
        clients = dict.fromkeys(client for client, _ in self._used)
        return {client: {period: self.used(client, period, now) for period in PERIODS} for client in clients}

    @asynccontextmanager
    async def admit(self, client: str, now: datetime) -> AsyncIterator[None]:
        """Let a request of `client` in when its windows are not full, and its turn has come.

        Raises:
            Refused: 429; a window is full, or too many wait already.
        """
        self._check(client, now)
        if self.limits is None:
            yield
            return
        present, limits = self._present, self.limits
        if present[client] >= limits.running + limits.queued:
            raise Refused(TOO_MANY_AT_ONCE, status=429)
        present[client] += 1
        try:
            async with self._turns.setdefault(client, asyncio.Semaphore(limits.running)):
                yield
        finally:
            present[client] -= 1
