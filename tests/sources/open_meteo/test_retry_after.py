"""A3: how long to wait, by Retry-After or by the source's words."""

from datetime import UTC, datetime

import pytest

from barograph.sources.open_meteo.retry_after import wait_until

NOW = datetime(2026, 11, 22, 13, 59, 30, 500_000, tzinfo=UTC)
MINUTELY = "Minutely API request limit exceeded. Please try again in one minute."
HOURLY = "Hourly API request limit exceeded. Please try again in the next hour."
DAILY = "Daily API request limit exceeded. Please try again tomorrow."


@pytest.mark.parametrize(
    ("reason", "until"),
    [
        (MINUTELY, "2026-11-22T14:00:00+00:00"),
        (HOURLY, "2026-11-22T14:00:00+00:00"),
        (DAILY, "2026-11-23T00:00:00+00:00"),
        ("Too many concurrent requests", "2026-11-22T13:59:35.500000+00:00"),
    ],
)
def test_a_window_ends_with_its_minute_hour_or_day(reason: str, until: str) -> None:
    assert wait_until(reason, None, NOW) == datetime.fromisoformat(until)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("30", 30),
        ("0", 1),
        ("999999", 86_400),
        ("9" * 5000, 86_400),
        ("Sun, 22 Nov 2026 14:01:30 GMT", 119.5),
        ("Sun, 22 Nov 2026 15:01:30 +0100", 119.5),
        ("Sun, 22 Nov 2020 14:00:30 GMT", 1),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 86_400),
    ],
)
def test_retry_after_counts_between_a_second_and_a_day(retry_after: str, seconds: float) -> None:
    until = wait_until(MINUTELY, retry_after, NOW)
    assert until is not None
    assert (until - NOW).total_seconds() == seconds


@pytest.mark.parametrize("retry_after", ["-5", "soon", "", "1e3", "٣", "Sun, 99 Nov 2026 14:00:30 GMT"])
def test_a_retry_after_that_means_nothing_leaves_the_words(retry_after: str) -> None:
    assert wait_until(HOURLY, retry_after, NOW) == datetime(2026, 11, 22, 14, tzinfo=UTC)
    assert wait_until("Slow down", retry_after, NOW) is None


def test_the_day_is_the_utc_day() -> None:
    late = datetime.fromisoformat("2026-11-22T23:30:00-05:00")
    assert wait_until(DAILY, None, late) == datetime(2026, 11, 24, tzinfo=UTC)
