"""The client against a stand-in that answers badly: what passes is asked again, what stays ends with its own error.

Keys (A1, A4, …) are those of the API table of the reference's bad inputs.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
import tenacity

from barograph.errors import AnswerBroken, BarographError, SourceUnavailable
from barograph.model.unit import Unit
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources.http import Requester
from barograph.sources.open_meteo import OpenMeteo
from barograph.sources.port import Series
from tests.sources.answers import BERLIN, HAMBURG
from tests.stack.standin.live import Live

DAY = date(2026, 7, 1)
WARM = Unit("standin/dwd-icon", "hourly", (BERLIN, HAMBURG), ("temperature_2m",), Window.from_days(DAY, DAY))

FAULTS: Mapping[str, tuple[dict[str, Any], type[BarographError], str]] = {
    "A1 reset": ({"fault": "reset"}, SourceUnavailable, "does not answer"),
    "A2 one byte now and then": ({"fault": "drip", "seconds": 0.05}, SourceUnavailable, "no complete answer within 1 s"),
    "A3 minute": ({"fault": "429", "text": "minutely"}, SourceUnavailable, "429: Minutely API request limit exceeded"),
    "A3 hour": ({"fault": "429", "text": "hourly"}, SourceUnavailable, "429: Hourly API request limit exceeded"),
    "A3 day": ({"fault": "429", "text": "daily"}, SourceUnavailable, "429: Daily API request limit exceeded"),
    "A3 at once": ({"fault": "429", "text": "concurrent"}, SourceUnavailable, "429: Too many concurrent requests"),
    "A4 500": ({"fault": "500"}, SourceUnavailable, "answered 500: Something went wrong."),
    "A4 502": ({"fault": "502"}, SourceUnavailable, "answered 502: <html>"),
    "A4 503": ({"fault": "503"}, SourceUnavailable, "answered 503: The service is overloaded"),
    "A4 504": ({"fault": "504"}, SourceUnavailable, "answered 504: <html>"),
    "A8 empty": ({"fault": "empty"}, AnswerBroken, "not a complete answer"),
    "A8 error with 200": ({"fault": "error-object"}, AnswerBroken, "answered 200 with an error: Something went wrong."),
    "A8 stream error": ({"fault": "stream-error"}, AnswerBroken, "Unexpected error while streaming data: timeoutReached"),
    "A9 stream error appended": ({"fault": "stream-error-appended"}, AnswerBroken, "not a complete answer"),
    "A9 cut": ({"fault": "cut"}, AnswerBroken, "the answer was cut"),
    "A10 nan": ({"fault": "nan"}, AnswerBroken, "not a complete answer"),
}


class Impatient(Requester):
    """Tries as often as it is told, without waiting in between; a request may take a second."""

    def __init__(self, tries: int) -> None:
        super().__init__(deadline_s=1)
        self.session.trust_env = False
        self.tries = tries

    def retrying(self) -> tenacity.Retrying:
        """The policy, counted instead of timed."""
        return super().retrying().copy(stop=tenacity.stop_after_attempt(self.tries), wait=tenacity.wait_none())


def fetch(live: Live, tries: int) -> list[Series]:
    requester = Impatient(tries)
    with requester.session:
        return OpenMeteo(Settings(standin_port=live.port), requester).fetch(WARM)


@pytest.mark.parametrize("name", FAULTS)
def test_fault_that_passes_is_asked_again_and_the_right_answer_is_taken(live: Live, name: str) -> None:
    right = fetch(live, tries=1)
    live.forget()
    live.order({**FAULTS[name][0], "times": 1})
    assert fetch(live, tries=2) == right
    assert [answer["fault"] for answer in live.told()["answers"]] == [FAULTS[name][0]["fault"], None]


@pytest.mark.parametrize("name", FAULTS)
def test_fault_that_stays_ends_with_its_own_error_and_no_value(live: Live, name: str) -> None:
    rule, error, says = FAULTS[name]
    live.order(rule)
    with pytest.raises(error, match=says):
        fetch(live, tries=2)
    assert live.told()["requests"] == 2


def test_slow_answer_within_the_deadline_is_taken(live: Live) -> None:
    live.order({"fault": "slow", "seconds": 0.2})
    assert len(fetch(live, tries=1)) == 2


def test_a12_hole_in_the_time_axis_is_broken_and_never_fewer_hours(live: Live) -> None:
    live.order({"fault": "hole"})
    with pytest.raises(AnswerBroken, match=r"the time axis of 52\.5244,13\.4105 is not the 24 times asked for"):
        fetch(live, tries=2)


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
