import logging
from datetime import UTC, date, datetime, timedelta
from typing import cast

import pytest
from cassandra.cluster import Session

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.quota import Usage
from barograph.model.window import Window
from barograph.orchestration import progress
from barograph.orchestration.progress import Progress
from barograph.orchestration.rate_limiter import RateLimiter
from barograph.settings import Settings

NOW = datetime(2026, 11, 22, 10, 0, 30, tzinfo=UTC)
START = date(2024, 4, 1)
CHUNKS = [
    Chunk(
        "open-meteo/archive", "hourly", (Location("1", "2"),), ("rain",), Window(START + timedelta(n), START + timedelta(n + 1))
    )
    for n in range(4)
]
HOSTS = {"open-meteo/archive": "archive"}


class Timer:
    """A clock that is set by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        """What it shows."""
        return self.seconds


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What is logged at a present that stands still."""
    monkeypatch.setattr(progress, "now_utc", lambda: NOW)
    monkeypatch.setattr(progress.log, "disabled", False)
    caplog.set_level(logging.INFO, logger=progress.log.name)
    return caplog


def paced(quota_minute: float) -> RateLimiter:
    """A pace with one call of weight 1 made in this minute."""
    pace = RateLimiter(cast("Session", None), Settings(api_quota=f"{quota_minute}/5000/10000"))
    pace.usage = {"archive": Usage().charged(1, NOW)}
    return pace


def test_a_line_tells_units_rows_a_second_weight_and_the_expected_end(told: pytest.LogCaptureFixture) -> None:
    timer = Timer()
    going = Progress(total=6, before=2, hosts=HOSTS, timer=timer)
    timer.seconds = 2
    going.tell(CHUNKS[0], 24, CHUNKS[1:], paced(600))
    (line,) = told.messages
    assert line == (
        "chunk 3 of 6: open-meteo/archive hourly 2024-04-01..2024-04-01, 1 locations; "
        "24 rows, 12 rows/s, weight 1.0 used, expected end 2026-11-22 10:00:36 UTC"
    )


def test_the_expected_end_waits_for_the_quota(told: pytest.LogCaptureFixture) -> None:
    timer = Timer()
    going = Progress(total=4, before=0, hosts=HOSTS, timer=timer)
    timer.seconds = 1
    going.tell(CHUNKS[0], 24, CHUNKS[1:], paced(1))
    assert "expected end 2026-11-22 10:03:" in told.messages[0]


def test_thousands_of_units_make_a_line_every_ten_seconds_and_the_last_one_always(told: pytest.LogCaptureFixture) -> None:
    timer = Timer()
    going = Progress(total=4, before=0, hosts=HOSTS, timer=timer)
    for number, chunk in enumerate(CHUNKS):
        timer.seconds += 4
        going.tell(chunk, 24, CHUNKS[number + 1 :], paced(600))
    assert [line.partition(":")[0] for line in told.messages] == ["chunk 1 of 4", "chunk 4 of 4"]
