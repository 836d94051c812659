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

from stack.standin import errors
from stack.standin.errors import Refused

Period = Literal["minute", "hour", "day"]
PERIODS: Final[dict[Period, int]] = {"minute": 60, "hour": 3600, "day": 86_400}
"""Seconds of each window, in the order they are checked."""
RefusalText = Literal["minutely", "hourly", "daily", "concurrent"]
FULL: Final[dict[Period, RefusalText]] = {"minute": "minutely", "hour": "hourly", "day": "daily"}
"""What a client is told whose window is full."""


def too_many(text: RefusalText) -> Refused:
    """A 429 in these words."""
    return Refused(errors.TOO_MANY[text], status=429, reason_first=text != "concurrent")


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
                raise too_many(FULL[period])

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
            raise too_many("concurrent")
        present[client] += 1
        try:
            async with self._turns.setdefault(client, asyncio.Semaphore(limits.running)):
                yield
        finally:
            present[client] -= 1
