from datetime import UTC, datetime, timedelta

import pytest

from barograph.errors import QuotaExceeded
from barograph.model.quota import Call, Quota, Usage
from barograph.sources.rate_limit import CLOCK_MARGIN, RateLimiter

NOW = datetime(2026, 11, 22, 10, 58, 30, tzinfo=UTC)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now, self.slept = NOW, list[float]()

    def __call__(self) -> datetime:
        """The present."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


QUOTA: Quota = {"minute": 600.0, "hour": 5_000.0, "day": 10_000.0}
Written = list[tuple[str, float]]
"""Host and cost of the minute, as written at each call."""


def limiter_of(clock: Clock, written: Written) -> RateLimiter:
    """A limiter that finds nothing used before."""

    def write(host: str, usage: Usage, at: datetime) -> None:
        written.append((host, usage.used("minute", at).cost))

    return RateLimiter(lambda host: Usage(), write, clock=clock, sleep=clock.sleep)


def test_a_call_waits_for_the_next_minute_and_is_written_there() -> None:
    clock, written = Clock(), Written()
    limiter = limiter_of(clock, written)
    for _ in range(3):
        limiter.wait(Call("api", 250, QUOTA))
    assert clock.slept == [30 + CLOCK_MARGIN.total_seconds()]
    assert written == [("api", 250), ("api", 500), ("api", 250)]


def test_every_host_has_its_own_limit() -> None:
    clock = Clock()
    limiter = limiter_of(clock, [])
    for host in ("api", "archive"):
        limiter.wait(Call(host, 600, QUOTA))
    assert clock.slept == []


def test_a_wait_of_more_than_two_minutes_is_not_slept_through_and_charges_nothing() -> None:
    clock, written = Clock(), Written()
    clock.now = NOW - timedelta(minutes=20)
    limiter = limiter_of(clock, written)
    hourly: Quota = {**QUOTA, "hour": 600.0}
    limiter.wait(Call("api", 600, hourly))
    with pytest.raises(QuotaExceeded) as exceeded:
        limiter.wait(Call("api", 1, hourly))
    assert exceeded.value.wait_until == datetime(2026, 11, 22, 11, 0, 1, tzinfo=UTC)
    assert clock.slept == []
    assert written == [("api", 600)]


def test_a_call_without_a_quota_never_waits_and_is_counted() -> None:
    clock, written = Clock(), Written()
    limiter = limiter_of(clock, written)
    for _ in range(3):
        limiter.wait(Call("customer-api", 10_000))
    assert (clock.slept, written[-1]) == ([], ("customer-api", 30_000))
