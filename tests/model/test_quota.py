from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph.model.quota import PERIODS, Period, Usage, foresee_end, window_start

QUOTA: dict[Period, float] = {"minute": 600, "hour": 5000, "day": 10_000}
NOW = datetime(2026, 11, 22, 10, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("used", "weight", "seconds"),
    [
        ((), 600, 0),
        ((500,), 100, 0),
        ((500,), 101, 30),  # the next clock minute
        ((), 700, 0),  # heavier than a minute takes: it goes first
        ((700,), 1, 30),
        ((4990,), 11, 30),  # also the next hour
        ((9990,), 11, 13 * 3600 + 30),  # the next UTC day
    ],
)
def test_a_call_waits_for_the_window_that_takes_it(used: tuple[float, ...], weight: float, seconds: int) -> None:
    usage = Usage()
    for one in used:
        usage = usage.charged(one, NOW)
    assert usage.fits_at(weight, QUOTA, NOW) == NOW + timedelta(seconds=seconds)


def test_the_quota_is_whole_again_in_the_next_window() -> None:
    later = NOW + timedelta(minutes=1)
    usage = Usage().charged(600, NOW).charged(10, later)
    assert usage.used("minute", later).weight == 10
    assert (usage.used("day", later).weight, usage.used("day", later).calls) == (610, 2)


@given(st.lists(st.floats(0.1, 600), min_size=1, max_size=200))
def test_paced_calls_never_go_beyond_the_quota(weights: list[float]) -> None:
    usage, at = Usage(), NOW
    for weight in weights:
        at = usage.fits_at(weight, QUOTA, at)
        usage = usage.charged(weight, at)
        assert all(usage.used(period, at).weight <= QUOTA[period] + 1e-6 for period in PERIODS)


def test_a_plan_beyond_the_day_ends_on_the_next() -> None:
    assert foresee_end([("api", 500)] * 20, {}, QUOTA, NOW).date() == NOW.date()
    assert foresee_end([("api", 500)] * 21, {}, QUOTA, NOW) == window_start("day", NOW) + timedelta(days=1)


def test_every_host_has_a_quota_of_its_own() -> None:
    usage = {"api": Usage().charged(600, NOW)}
    assert foresee_end([("archive", 600)], usage, QUOTA, NOW) == NOW
    assert foresee_end([("api", 1)], usage, QUOTA, NOW) == NOW + timedelta(seconds=30)


def test_calls_take_their_time() -> None:
    assert foresee_end([("api", 1)] * 3, {}, QUOTA, NOW, timedelta(seconds=2)) == NOW + timedelta(seconds=6)
