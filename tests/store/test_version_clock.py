from datetime import datetime, timedelta

import pytest
from cassandra import ConsistencyLevel, WriteTimeout

from barograph.errors import ClockAhead, ClockBehind, RequestRefused, StoreUnavailable
from barograph.store.queries import Queries
from barograph.store.version_clock import VersionClock
from tests.store.cassandra_fake import FakeSession, Rows, applied, rows

FIVE_MINUTES_US = 300_000_000
HOUR_US = 3_600_000_000
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # as the driver gives instants: UTC without zone
YES, NO = applied(is_applied=True), applied(is_applied=False)


def clock(now: int, *answers: Rows | Exception) -> VersionClock:
    """The version clock on a machine whose own clock shows `now`."""
    return VersionClock(Queries(FakeSession(list(answers)).as_session(), "analytics"), lambda: now)


def version(now: int, *answers: Rows | Exception) -> int:
    """The next version by a clock that shows `now`."""
    return clock(now, *answers).next("open-meteo/archive")


def cassandra_at(now_us: int) -> Rows:
    """The answer of a node whose clock shows `now_us`."""
    return rows({"now": EPOCH + timedelta(microseconds=now_us)})


def test_the_first_version_is_the_clock_if_cassandras_agrees() -> None:
    assert version(1000, rows(), cassandra_at(900), YES) == 1000


def test_a_version_is_the_clock_when_that_is_ahead() -> None:
    assert version(1000, rows({"version": 10}), YES) == 1000


@pytest.mark.parametrize("now", [1000, 999, 1])
def test_versions_rise_though_the_clock_does_not(now: int) -> None:
    assert version(now, rows({"version": 1000}), YES) == 1001


def test_a_clock_five_minutes_behind_still_serves() -> None:
    assert version(1, rows({"version": 1 + FIVE_MINUTES_US}), YES) == 2 + FIVE_MINUTES_US


def test_a_clock_further_behind_is_refused() -> None:
    with pytest.raises(ClockBehind, match=r"300 s behind open-meteo/archive's newest version .*`barograph repair-clock"):
        version(1, rows({"version": 2 + FIVE_MINUTES_US}))


def test_a_jump_of_more_than_an_hour_is_taken_if_cassandras_clock_agrees() -> None:
    now = 10 + HOUR_US + 1
    assert version(now, rows({"version": 10}), cassandra_at(now - FIVE_MINUTES_US), YES) == now


@pytest.mark.parametrize("known", [[rows()], [rows({"version": 10})]], ids=["first version", "jump"])
def test_a_clock_far_ahead_is_refused_before_a_version_is_given_out(known: list[Rows]) -> None:
    now = 10 + 48 * HOUR_US
    with pytest.raises(ClockAhead, match=r"machine's clock says 1970-01-03 .*, Cassandra's says 1970-01-02 .*: set right"):
        version(now, *known, cassandra_at(now - 24 * HOUR_US))


def test_a_jump_within_the_hour_asks_no_one() -> None:
    assert version(10 + HOUR_US, rows({"version": 10}), YES) == 10 + HOUR_US


def test_a_clock_that_was_pushed_ahead_is_set_back() -> None:
    assert clock(HOUR_US, cassandra_at(HOUR_US), rows({"version": 9 * HOUR_US}), YES).lower("a") == (9 * HOUR_US, HOUR_US)


def test_a_clock_that_is_not_ahead_is_left_alone() -> None:
    with pytest.raises(RequestRefused, match="is not ahead: there is nothing to repair"):
        clock(HOUR_US, cassandra_at(HOUR_US), rows({"version": HOUR_US})).lower("a")


def test_a_machine_that_is_ahead_itself_sets_no_clock_back() -> None:
    with pytest.raises(ClockAhead):
        clock(48 * HOUR_US, cassandra_at(HOUR_US), rows({"version": 99 * HOUR_US})).lower("a")


def test_a_lost_round_is_played_again_from_the_new_version() -> None:
    assert version(5, rows({"version": 10}), NO, rows({"version": 20}), YES) == 21


def test_a_version_whose_fate_is_unknown_is_used_by_nobody() -> None:
    unknown = WriteTimeout("unknown", write_type=0)
    assert version(5, rows({"version": 10}), unknown, rows({"version": 11}), YES) == 12


def test_after_an_answer_that_got_lost_the_version_is_read_at_serial_which_decides_it_first() -> None:
    session = FakeSession([rows({"version": 10}), WriteTimeout("unknown", write_type=0), rows({"version": 11}), YES])
    VersionClock(Queries(session.as_session(), "analytics"), lambda: 5).next("open-meteo/archive")
    assert session.levels[::2] == [ConsistencyLevel.LOCAL_SERIAL] * 2


def test_who_loses_every_try_gives_up() -> None:
    answers = [answer for _ in range(50) for answer in (rows({"version": 10}), NO)]
    with pytest.raises(StoreUnavailable, match="in 50 tries"):
        version(5, *answers)


def test_versions_are_compared_and_set_per_source() -> None:
    session = FakeSession([rows(), cassandra_at(1), YES])
    VersionClock(Queries(session.as_session(), "analytics"), lambda: 1).next("standin/archive")
    assert session.statements[::2] == [
        "SELECT version FROM analytics.version_clock WHERE source = ?",
        "INSERT INTO analytics.version_clock (source, version) VALUES (?, ?) IF NOT EXISTS",
    ]
