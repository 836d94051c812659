from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph.model.quota import PERIODS, Call, Period, Usage, foresee_end, window_start

QUOTA: dict[Period, float] = {"minute": 600, "hour": 5000, "day": 10_000}
NOW = datetime(2026, 11, 22, 10, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("used", "cost", "seconds"),
    [
        ((), 600, 0),
        ((500,), 100, 0),
        ((500,), 101, 30),  # the next clock minute
        ((), 700, 0),  # more than a minute takes: it goes first
        ((700,), 1, 30),
        ((4990,), 11, 30),  # also the next hour
        ((9990,), 11, 13 * 3600 + 30),  # the next UTC day
    ],
)
def test_a_call_waits_for_the_window_that_takes_it(used: tuple[float, ...], cost: float, seconds: int) -> None:
    usage = Usage()
    for before in used:
        usage = usage.charged(before, NOW)
    assert usage.fits_at(Call("api", cost, QUOTA), NOW) == NOW + timedelta(seconds=seconds)


def test_the_quota_is_whole_again_in_the_next_window() -> None:
    later = NOW + timedelta(minutes=1)
    usage = Usage().charged(600, NOW).charged(10, later)
    assert usage.used("minute", later).cost == 10
    assert (usage.used("day", later).cost, usage.used("day", later).calls) == (610, 2)


@given(st.lists(st.floats(0.1, 600), min_size=1, max_size=200))
def test_paced_calls_never_go_beyond_the_quota(costs: list[float]) -> None:
    usage, at = Usage(), NOW
    for cost in costs:
        at = usage.fits_at(Call("api", cost, QUOTA), at)
        usage = usage.charged(cost, at)
        assert all(usage.used(period, at).cost <= QUOTA[period] + 1e-6 for period in PERIODS)


def test_a_plan_beyond_the_day_ends_on_the_next() -> None:
    assert foresee_end([Call("api", 500, QUOTA)] * 20, {}, NOW).date() == NOW.date()
    assert foresee_end([Call("api", 500, QUOTA)] * 21, {}, NOW) == window_start("day", NOW) + timedelta(days=1)


def test_every_host_has_a_quota_of_its_own() -> None:
    usage = {"api": Usage().charged(600, NOW)}
    assert foresee_end([Call("archive", 600, QUOTA)], usage, NOW) == NOW
    assert foresee_end([Call("api", 1, QUOTA)], usage, NOW) == NOW + timedelta(seconds=30)


def test_calls_take_their_time() -> None:
    assert foresee_end([Call("api", 1, QUOTA)] * 3, {}, NOW, timedelta(seconds=2)) == NOW + timedelta(seconds=6)


def test_a_call_without_a_quota_never_waits_and_one_that_nothing_counts_uses_nothing() -> None:
    usage = {"api": Usage().charged(600, NOW)}
    assert foresee_end([Call("api", 10_000), None], usage, NOW) == NOW
