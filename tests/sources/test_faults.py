"""The client against a stand-in that answers badly: what passes is asked again, what stays ends with its own error.

Keys (A1, A4, …) are those of the API table of the reference's bad inputs.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import tenacity

from barograph.errors import (
    AnswerBroken,
    AnswerRefused,
    AnswerTooLarge,
    BarographError,
    LocationUnserved,
    RequestRefused,
    SourceBusy,
    SourceUnavailable,
)
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources import http
from barograph.sources.destination import Destinations
from barograph.sources.http import Requester
from barograph.sources.open_meteo.client import OpenMeteo
from barograph.sources.port import Series
from tests.contract.open_meteo_client import NOW
from tests.sources.answers import BERLIN, HAMBURG
from tests.stack.standin.live import Live

DAY = date(2026, 7, 1)
WARM = Chunk("standin/dwd-icon", "hourly", (BERLIN, HAMBURG), ("temperature_2m",), Window.from_days(DAY, DAY))

SAYS_429 = '{"error":true,"reason":"Slow down"}'
CANNED = {"fault": "canned", "status": 429, "body": SAYS_429}

PASSING: Mapping[str, tuple[dict[str, Any], type[BarographError], str]] = {
    "A1 reset": ({"fault": "reset"}, SourceUnavailable, "does not answer"),
    "A2 one byte now and then": ({"fault": "drip", "seconds": 0.05}, SourceUnavailable, "no complete answer within 1 s"),
    "A2 headers without end": ({"fault": "drip-headers", "seconds": 0.05}, SourceUnavailable, "no complete answer within 1 s"),
    "A3 minute": ({"fault": "429", "text": "minutely"}, SourceBusy, "429: Minutely API request limit exceeded"),
    "A3 hour": ({"fault": "429", "text": "hourly"}, SourceBusy, "429: Hourly API request limit exceeded"),
    "A3 day": ({"fault": "429", "text": "daily"}, SourceBusy, "429: Daily API request limit exceeded"),
    "A3 at once": ({"fault": "429", "text": "concurrent"}, SourceBusy, "429: Too many concurrent requests"),
    "A3 seconds": (
        {**CANNED, "headers": {"Retry-After": "30"}},
        SourceBusy,
        "429: Slow down .asked again from 2026-07-20T12:30:30Z",
    ),
    "A3 nothing said": (CANNED, SourceUnavailable, "429: Slow down;"),
    "A4 500": ({"fault": "500"}, SourceUnavailable, "answered 500: Something went wrong."),
    "A4 502": ({"fault": "502"}, SourceUnavailable, "answered 502: <html>"),
    "A4 503": ({"fault": "503"}, SourceUnavailable, "answered 503: The service is overloaded"),
    "A4 504": ({"fault": "504"}, SourceUnavailable, "answered 504: <html>"),
    "A8 empty": ({"fault": "empty"}, AnswerBroken, "not a complete answer"),
    "A8 HTML": ({"fault": "html"}, AnswerBroken, "not a complete answer .*Welcome to nginx"),
    "A8 another type": (
        {"fault": "canned", "media_type": "text/plain", "body": "hello"},
        AnswerBroken,
        "not a complete .*'hello'",
    ),
    "A8 204": ({"fault": "canned", "status": 204}, AnswerBroken, "answered 204 where 200 was due"),
    "A8 error with 200": ({"fault": "error-object"}, AnswerBroken, "answered 200 with an error: Something went wrong."),
    "A8 stream error": ({"fault": "stream-error"}, AnswerBroken, "Unexpected error while streaming data: timeoutReached"),
    "A9 stream error appended": ({"fault": "stream-error-appended"}, AnswerBroken, "not a complete answer"),
    "A9 cut": ({"fault": "cut"}, AnswerBroken, "the answer was cut"),
    "A9 corrupt gzip": ({"fault": "corrupt-gzip"}, AnswerBroken, "the answer was cut"),
}
"""What passes: asked again, and the error when it stays."""

ONE_VALUE = (
    '{"latitude":1.0,"longitude":1.0,"utc_offset_seconds":0,"hourly_units":{"time":"iso8601","temperature_2m":"°C"},'
    '"hourly":{"time":["2026-07-01T00:00"],"temperature_2m":[VALUE]}}'
)


def answering(value: str) -> dict[str, Any]:
    """The rule that gives an answer with this JSON text as its one value."""
    return {"fault": "canned", "body": ONE_VALUE.replace("VALUE", value)}


def refusing(status: int, reason: str) -> dict[str, Any]:
    """The rule that refuses with this status and reason."""
    return {"fault": "canned", "status": status, "body": json.dumps({"error": True, "reason": reason})}


MOVED = {"fault": "canned", "status": 302}
STAYING: Mapping[str, tuple[dict[str, Any], type[BarographError], str]] = {
    "A5 400": (refusing(400, "Invalid date\n\u0007" + "x" * 500), RequestRefused, r"\(400\): Invalid date  x{186}$"),
    "A6 401": (refusing(401, "API key required."), RequestRefused, r"OPEN_METEO_API_KEY in \.env"),
    "A6 403": (refusing(403, "This needs the Professional plan"), RequestRefused, r"OPEN_METEO_API_KEY in \.env"),
    "A7 another host": (
        {**MOVED, "headers": {"Location": "https://example.com/"}},
        AnswerRefused,
        "answered 302 where 200 was due",
    ),
    "A7 metadata": ({**MOVED, "headers": {"Location": "http://169.254.169.254/"}}, AnswerRefused, "check the address"),
    "A9 gzip bomb": ({"fault": "bomb"}, AnswerTooLarge, "larger than 1000000 bytes"),
    "A9 endless body": ({"fault": "endless"}, AnswerTooLarge, "larger than 1000000 bytes"),
    "A10 nan": ({"fault": "nan"}, LocationUnserved, "one of the locations has no values, its coordinates came as nan"),
    "a place without data": (refusing(400, "No data is available for this location"), LocationUnserved, "No data is available"),
    "A10 NaN": (answering("NaN"), AnswerRefused, "finite number"),
    "A10 Infinity": (answering("-Infinity"), AnswerRefused, "finite number"),
    "A10 1e400": (answering("1e400"), AnswerRefused, "finite number"),
    "A10 huge integer": (answering("1" * 30), AnswerRefused, "2 locations were asked and 1 answered|no double keeps"),
    "A10 deep nesting": (answering("[" * 5000 + "]" * 5000), AnswerRefused, "parts where"),
    "A10 duplicate keys": (answering('1],"temperature_2m":[2'), AnswerRefused, "'temperature_2m' twice"),
    "A11 unequal": ({"fault": "unequal"}, AnswerRefused, "23 values for 24 times"),
    "A13 unsorted": ({"fault": "unsorted"}, AnswerRefused, "does not rise hour by hour"),
    "A13 one offset for all": ({"fault": "offset"}, AnswerRefused, r"local time \(.*GMT was asked for"),
    "A16 another unit": ({"fault": "unit"}, AnswerRefused, "came in 'K', the variables file says '°C'"),
    "A17 variable missing": ({"fault": "column-missing"}, AnswerRefused, "temperature_2m is missing"),
    "a place too few": ({"fault": "place-missing"}, AnswerRefused, "2 locations were asked and 1 answered"),
}
"""What someone must change: asked once."""


class Impatient(Requester):
    """Tries as often as it is told, without waiting in between. Its clock is the stand-in's."""

    def __init__(self, tries: int, deadline_s: float = 30) -> None:
        super().__init__(deadline_s=deadline_s, now=lambda: NOW, destinations=Destinations({"127.0.0.1"}))
        self.session.trust_env = False
        self.tries = tries

    def retrying(self) -> tenacity.Retrying:
        """The policy, counted instead of timed."""
        return super().retrying().copy(stop=tenacity.stop_after_attempt(self.tries), wait=tenacity.wait_none())


def fetch(live: Live, tries: int, deadline_s: float = 30) -> list[Series]:
    requester = Impatient(tries, deadline_s)
    with requester.session:
        return list(OpenMeteo(Settings(standin_port=live.port), requester).fetch(WARM))


def deadline_of(name: str) -> float:
    """Short where the deadline itself ends the request (A2)."""
    return 1 if name.startswith("A2") else 30


@pytest.fixture(autouse=True)
def small_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound that is reached quickly."""
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 1_000_000)


@pytest.mark.parametrize("name", PASSING)
def test_fault_that_passes_is_asked_again_and_the_right_answer_is_taken(live: Live, name: str) -> None:
    right = fetch(live, tries=1)
    live.forget()
    live.order({**PASSING[name][0], "times": 1})
    assert fetch(live, tries=2, deadline_s=deadline_of(name)) == right
    assert [answer["fault"] for answer in live.told()["answers"]] == [PASSING[name][0]["fault"], None]


@pytest.mark.parametrize("name", PASSING)
def test_fault_that_does_not_pass_ends_with_its_own_error_and_no_value(live: Live, name: str) -> None:
    rule, error, says = PASSING[name]
    live.order(rule)
    with pytest.raises(error, match=says):
        fetch(live, tries=2, deadline_s=deadline_of(name))
    assert live.told()["requests"] == 2


@pytest.mark.parametrize("name", STAYING)
def test_what_someone_must_change_is_asked_once(live: Live, name: str) -> None:
    rule, error, says = STAYING[name]
    live.order(rule)
    with pytest.raises(error, match=says):
        fetch(live, tries=3)
    assert live.told()["requests"] == 1


def test_a3_every_429_is_counted(live: Live) -> None:
    live.order({"fault": "429", "times": 2}, {"fault": "503", "times": 1})
    requester = Impatient(tries=4)
    with requester.session:
        list(OpenMeteo(Settings(standin_port=live.port), requester).fetch(WARM))
    assert requester.busy == 2


def test_slow_answer_within_the_deadline_is_taken(live: Live) -> None:
    live.order({"fault": "slow", "seconds": 0.2})
    assert len(fetch(live, tries=1)) == 2


def test_a12_hole_in_the_time_axis_is_broken_and_never_fewer_hours(live: Live) -> None:
    live.order({"fault": "hole"})
    with pytest.raises(AnswerBroken, match=r"52\.5244,13\.4105: the time axis is not the 24 times asked for"):
        fetch(live, tries=2)


def test_a12_an_hour_more_than_asked_for_is_left_out_and_counted(live: Live, told: list[str]) -> None:
    right = fetch(live, tries=1)
    live.order({"fault": "extra"})
    assert fetch(live, tries=1) == right
    assert sum("1 times that were not asked for are left out" in line for line in told) == 2


@pytest.mark.parametrize(("fault", "value"), [("text", "12.3"), ("boolean", True), ("absurd", -9999)])
def test_a15_a18_what_is_no_such_value_is_sent_as_it_came_to_the_quarantine(live: Live, fault: str, value: object) -> None:
    right = fetch(live, tries=1)[0].columns["temperature_2m"]
    live.order({"fault": fault})
    column = fetch(live, tries=1)[0].columns["temperature_2m"]
    assert (column[0], column[1:]) == (value, right[1:])


def test_a17_a_field_that_nobody_knows_is_taken_and_told(live: Live, told: list[str]) -> None:
    right = fetch(live, tries=1)
    live.order({"fault": "field-more"})
    assert fetch(live, tries=1) == right
    assert any("the answer holds what was not asked for: surprise" in line for line in told)


def test_a19_a_constant_day_lands_and_an_all_null_one_stays_null(live: Live, told: list[str]) -> None:
    live.order({"fault": "constant", "times": 1}, {"fault": "undefined", "times": 1})
    assert len(set(fetch(live, tries=1)[0].columns["temperature_2m"])) == 1
    assert fetch(live, tries=1)[0].columns["temperature_2m"] == [None] * 24
    assert any("the source has no temperature_2m: all of it is null" in line for line in told)


def test_a_moved_cell_changes_neither_place_nor_values(live: Live) -> None:
    right = fetch(live, tries=1)
    live.order({"fault": "moved-cell"})
    moved = fetch(live, tries=1)
    assert [(one.location, one.columns) for one in moved] == [(one.location, one.columns) for one in right]
    assert moved[0].cell != right[0].cell


def test_a14_nulls_where_values_were_stay_nulls(live: Live) -> None:
    hours = {"variable": "temperature_2m", "start": "2026-07-01T03:00", "end": "2026-07-01T05:00", "is_null": True}
    live.order(revisions=[hours])
    values = fetch(live, tries=1)[0].columns["temperature_2m"]
    assert [hour for hour, value in enumerate(values) if value is None] == [3, 4]


def test_a20_corrected_values_are_taken_as_they_are_now(live: Live) -> None:
    before = fetch(live, tries=1)[0].columns["temperature_2m"]
    live.order(revisions=[{"variable": "temperature_2m", "start": "2026-07-01T00:00", "end": "2026-07-01T01:00", "add": 2}])
    after = fetch(live, tries=1)[0].columns["temperature_2m"]
    assert isinstance(before[0], float)
    assert after[0] == round(before[0] + 2, 1)
    assert after[1:] == before[1:]


def test_a_question_too_long_for_an_address_goes_as_a_form(live: Live) -> None:
    places = tuple(Location(f"{47 + n / 1000:.3f}", f"{8 + n / 1000:.3f}") for n in range(1, 1000) if n % 10)
    chunk = replace(WARM, locations=places)
    requester = Impatient(1)
    with requester.session:
        answers = list(OpenMeteo(Settings(standin_port=live.port), requester).fetch(chunk))
    assert [one.location for one in answers] == list(places)
    assert [one["status"] for one in live.told()["answers"]] == [200]
