import json
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import requests
import tenacity

from barograph.errors import RequestRefused, SourceBusy, SourceUnavailable
from barograph.settings import Settings
from barograph.sources.http import Requester
from barograph.sources.open_meteo.client import OpenMeteo
from tests.sources.answers import BERLIN, HAMBURG, Canned, answer_to, ask_for

WARM = ask_for("temperature_2m")
GOOD = (200, json.dumps(answer_to(WARM, temperature_2m=[1.0] * 24)).encode())
REFUSAL = (400, b'{"error":true,"reason":"no"}')


class Clock:
    """Time that passes only while someone sleeps."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.waits.append(seconds)
        self.now_s += seconds


class Impatient(Requester):
    """The requester, with a clock on which nobody really waits."""

    clock = Clock()

    def retrying(self) -> tenacity.Retrying:
        """The one retry policy, on that clock."""
        return super().retrying().copy(sleep=self.clock.sleep)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that tenacity looks at."""
    clock = Clock()
    monkeypatch.setattr(Impatient, "clock", clock)
    monkeypatch.setattr(tenacity, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


def source(session: Canned) -> OpenMeteo:
    """Open-Meteo behind `session`."""
    return OpenMeteo(Settings(), Impatient(session=session))


def test_the_question_names_units_zone_and_inclusive_days() -> None:
    chunk = ask_for("temperature_2m", "rain", places=(BERLIN, HAMBURG))
    assert OpenMeteo(Settings()).query(chunk) == {
        "latitude": "52.5244,53.5507",
        "longitude": "13.4105,9.993",
        "hourly": "temperature_2m,rain",
        "start_date": "2024-04-01",
        "end_date": "2024-04-01",
        "temperature_unit": "celsius",
        "wind_speed_unit": "kmh",
        "precipitation_unit": "mm",
        "timezone": "GMT",
        "timeformat": "iso8601",
    }


def test_a_daily_question_asks_for_daily_variables() -> None:
    query = OpenMeteo(Settings()).query(ask_for("weather_code", resolution="daily"))
    assert (query["daily"], "hourly" in query) == ("weather_code", False)


def test_the_historical_forecast_is_told_the_model() -> None:
    chunk = replace(WARM, source="open-meteo/historical-forecast-icon")
    assert OpenMeteo(Settings()).query(chunk)["models"] == "icon_seamless"


def test_a_unit_is_one_request(clock: Clock) -> None:
    session = Canned(GOOD)
    list(source(session).fetch(WARM))
    assert [url for url, _ in session.asked] == ["https://api.open-meteo.com/v1/dwd-icon"]


def test_a_refused_request_is_not_tried_again(clock: Clock) -> None:
    session = Canned(REFUSAL)
    with pytest.raises(RequestRefused):
        list(source(session).fetch(WARM))
    assert (len(session.asked), clock.waits) == (1, [])


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param((429, b'{"error":true,"reason":"Too many concurrent requests"}'), id="429"),
        pytest.param((500, b"<html>"), id="500"),
        pytest.param((503, b""), id="503"),
        pytest.param((200, b"Unexpected error while streaming data: timeoutReached"), id="cut"),
        pytest.param(requests.exceptions.ReadTimeout("slow"), id="timeout"),
        pytest.param(requests.exceptions.ConnectionError("reset"), id="reset"),
    ],
)
def test_trouble_that_passes_is_tried_again(clock: Clock, trouble: tuple[int, bytes] | Exception) -> None:
    session = Canned(trouble, trouble, GOOD)
    assert next(iter(source(session).fetch(WARM))).columns["temperature_2m"][0] == 1.0
    assert (len(session.asked), len(clock.waits)) == (3, 2)


def test_every_try_asks_the_same(clock: Clock) -> None:
    session = Canned((500, b""), GOOD)
    list(source(session).fetch(WARM))
    assert session.asked[0] == session.asked[1]


def test_trouble_that_stays_ends_within_two_minutes(clock: Clock) -> None:
    session = Canned((503, b'{"error":true,"reason":"The service is overloaded"}'))
    with pytest.raises(SourceUnavailable, match="answered 503: The service is overloaded"):
        list(source(session).fetch(WARM))
    assert len(session.asked) >= 4
    assert clock.now_s <= 120


def test_no_wait_is_longer_than_half_a_minute(clock: Clock) -> None:
    policy = Impatient(retry_for_s=10_000).retrying()
    with pytest.raises(SourceUnavailable):
        policy(Canned(SourceUnavailable("busy")).request, "GET", "?a=1")
    assert len(clock.waits) > 300
    assert max(clock.waits) <= 30


def test_trouble_that_turns_into_a_refusal_ends_at_once(clock: Clock) -> None:
    session = Canned((503, b""), REFUSAL)
    with pytest.raises(RequestRefused):
        list(source(session).fetch(WARM))
    assert len(session.asked) == 2


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [("Minutely API request limit exceeded. Please try again in one minute.", 31), ("Too many concurrent requests", 6)],
)
def test_a_busy_source_is_asked_again_when_it_says(clock: Clock, text: str, wait_s: float) -> None:
    session = Canned((429, json.dumps({"error": True, "reason": text}).encode()), GOOD)
    asking = source(session)
    asking.requester.now = lambda: datetime(2026, 11, 22, 13, 59, 30, tzinfo=UTC)
    list(asking.fetch(WARM))
    assert (clock.waits, asking.requester.busy) == ([wait_s], 1)


@pytest.mark.parametrize(("text", "until"), [("Hourly", "2026-11-22T15:00:00"), ("Daily", "2026-11-23T00:00:00")])
def test_a_wait_of_more_than_two_minutes_is_left_to_whoever_asked(clock: Clock, text: str, until: str) -> None:
    session = Canned((429, json.dumps({"error": True, "reason": f"{text} API request limit exceeded."}).encode()))
    asking = source(session)
    asking.requester.now = lambda: datetime(2026, 11, 22, 14, 3, tzinfo=UTC)
    with pytest.raises(SourceBusy) as busy:
        list(asking.fetch(WARM))
    assert busy.value.wait_until == datetime.fromisoformat(until).replace(tzinfo=UTC)
    assert (clock.waits, len(session.asked)) == ([], 1)
