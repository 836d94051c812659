import pytest
from cassandra import ConsistencyLevel, WriteTimeout

from barograph.errors import ClockBehind, StoreUnavailable
from barograph.store.version_clock import next_version
from tests.store.cassandra_fake import FakeSession, Rows, applied, rows

FIVE_MINUTES_US = 300_000_000


def version(now: int, *answers: Rows | Exception) -> int:
    """The next version by a clock that shows `now`."""
    return next_version(FakeSession(list(answers)).as_session(), "analytics", "open-meteo/archive", clock=lambda: now)


YES, NO = applied(is_applied=True), applied(is_applied=False)


def test_the_first_version_is_the_clock() -> None:
    assert version(1000, rows(), YES) == 1000


def test_a_version_is_the_clock_when_that_is_ahead() -> None:
    assert version(1000, rows({"version": 10}), YES) == 1000


@pytest.mark.parametrize("now", [1000, 999, 1])
def test_versions_rise_though_the_clock_does_not(now: int) -> None:
    assert version(now, rows({"version": 1000}), YES) == 1001


def test_a_clock_five_minutes_behind_still_serves() -> None:
    assert version(1, rows({"version": 1 + FIVE_MINUTES_US}), YES) == 2 + FIVE_MINUTES_US


def test_a_clock_further_behind_is_refused() -> None:
    with pytest.raises(ClockBehind, match="300 s behind open-meteo/archive's newest version"):
        version(1, rows({"version": 2 + FIVE_MINUTES_US}))


def test_a_lost_round_is_played_again_from_the_new_version() -> None:
    assert version(5, rows({"version": 10}), NO, rows({"version": 20}), YES) == 21


def test_a_version_whose_fate_is_unknown_is_used_by_nobody() -> None:
    unknown = WriteTimeout("unknown", write_type=0)
    assert version(5, rows({"version": 10}), unknown, rows({"version": 11}), YES) == 12


def test_after_an_answer_that_got_lost_the_version_is_read_at_serial_which_decides_it_first() -> None:
    session = FakeSession([rows({"version": 10}), WriteTimeout("unknown", write_type=0), rows({"version": 11}), YES])
    next_version(session.as_session(), "analytics", "open-meteo/archive", clock=lambda: 5)
    assert session.levels[::2] == [ConsistencyLevel.LOCAL_SERIAL] * 2


def test_who_loses_every_round_gives_up() -> None:
    answers = [answer for _ in range(50) for answer in (rows({"version": 10}), NO)]
    with pytest.raises(StoreUnavailable, match="in 50 rounds"):
        version(5, *answers)


def test_two_sources_have_clocks_of_their_own() -> None:
    session = FakeSession([rows(), YES])
    next_version(session.as_session(), "analytics", "standin/archive", clock=lambda: 1)
    assert session.statements == [
        "SELECT version FROM analytics.version_clock WHERE source = %s",
        "INSERT INTO analytics.version_clock (source, version) VALUES (%s, %s) IF NOT EXISTS",
    ]
