from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from barograph.errors import SourceBusy
from barograph.model.quota import Usage
from barograph.orchestration.rate_limiter import CLOCK_MARGIN, RateLimiter
from barograph.settings import Settings
from barograph.store.api_usage import ApiUsage

NOW = datetime(2026, 11, 22, 10, 58, 30, tzinfo=UTC)

STORED = SimpleNamespace(read=lambda host: Usage(), write=None)
"""A store in which nothing was used yet."""


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


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """Host and weight of the minute, as written at each call; nothing was used before."""
    rows: list[tuple[str, float]] = []

    def write(host: str, usage: Usage, at: datetime) -> None:
        rows.append((host, usage.used("minute", at).weight))

    monkeypatch.setattr(STORED, "write", write)
    return rows


def paced(clock: Clock, *, is_customer: bool = False, **quota: Any) -> RateLimiter:  # noqa: ANN401  # settings by name
    return RateLimiter(cast("ApiUsage", STORED), Settings(**quota), is_customer=is_customer, clock=clock, sleep=clock.sleep)


def test_a_call_waits_for_the_next_minute_and_is_written_there(written: list[tuple[str, float]]) -> None:
    clock = Clock()
    waiting = paced(clock)
    for _ in range(3):
        waiting.wait("api", 250)
    assert clock.slept == [30 + CLOCK_MARGIN.total_seconds()]
    assert written == [("api", 250), ("api", 500), ("api", 250)]


def test_every_host_has_its_own_pace(written: list[tuple[str, float]]) -> None:
    clock = Clock()
    waiting = paced(clock)
    for host in ("api", "archive"):
        waiting.wait(host, 600)
    assert clock.slept == []


def test_a_wait_of_more_than_two_minutes_is_not_slept_through_and_charges_nothing(written: list[tuple[str, float]]) -> None:
    clock = Clock()
    clock.now = NOW - timedelta(minutes=20)
    waiting = paced(clock, api_quota_hour=600)
    waiting.wait("api", 600)
    with pytest.raises(SourceBusy) as busy:
        waiting.wait("api", 1)
    assert busy.value.wait_until == datetime(2026, 11, 22, 11, 0, 1, tzinfo=UTC)
    assert clock.slept == []
    assert written == [("api", 600)]


def test_a_customer_never_waits_and_is_counted(written: list[tuple[str, float]]) -> None:
    clock = Clock()
    waiting = paced(clock, is_customer=True)
    for _ in range(3):
        waiting.wait("customer-api", 10_000)
    assert (clock.slept, written[-1]) == ([], ("customer-api", 30_000))
