"""The stand-in's limits: weight in windows of the clock, charged after the answer, and one request at a time."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from stack.standin.app import create_app
from stack.standin.limits import Limits
from tests.contract.open_meteo_client import NOW
from tests.stack.standin.live import Live
from tests.stack.standin.test_control import QUERY, get, recorded

PATH = "/api/v1/dwd-icon"
TEN_PLACES = "latitude=" + ",".join(["50"] * 10) + "&longitude=" + ",".join(["10"] * 10)


def used(live: Live) -> dict[str, float]:
    """What this machine has used of each window."""
    of_client: dict[str, float] = live.told()["used"].get("127.0.0.1", {})
    return of_client


@pytest.mark.parametrize(("period", "text"), [("minute", "Minutely"), ("hour", "Hourly"), ("day", "Daily")])
def test_window_refuses_from_its_limit_on_in_the_recorded_words(live: Live, period: str, text: str) -> None:
    live.order(limits={period: 2})
    answers = [get(live) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].text in recorded(429)
    assert text in answers[2].text


@pytest.mark.parametrize(
    ("period", "later"), [("minute", "2026-07-20T12:31:00"), ("hour", "2026-07-20T13:00:00"), ("day", "2026-07-21T00:00:00")]
)
def test_window_ends_with_its_minute_hour_or_day(live: Live, period: str, later: str) -> None:
    live.order(limits={period: 1})
    assert [get(live).status_code for _ in range(2)] == [200, 429]
    live.order(clock=datetime.fromisoformat(later).replace(tzinfo=UTC).isoformat())
    assert get(live).status_code == 200


def test_answer_larger_than_what_is_left_is_given_and_blocks_the_next(live: Live) -> None:
    live.order(limits={"minute": 5})
    assert [get(live, f"{TEN_PLACES}&hourly=rain").status_code for _ in range(2)] == [200, 429]
    assert used(live) == {"minute": 10, "hour": 10, "day": 10}


def test_failure_costs_one_and_a_refusal_by_the_limits_nothing(live: Live) -> None:
    live.order({"fault": "429", "times": 1}, {"fault": "503", "times": 1}, limits={"minute": 600})
    assert [get(live, query).status_code for query in (QUERY, QUERY, "latitude=999&longitude=1")] == [429, 503, 400]
    assert used(live)["minute"] == 2
    assert [(one["status"], one["weight"]) for one in live.told()["answers"]] == [(429, 0), (503, 1), (400, 1)]


@pytest.mark.parametrize(
    ("variables", "first", "last", "places", "weight"),
    [(15, "2026-07-01", "2026-07-07", 1, 1.5), (15, "2026-05-01", "2026-05-31", 2, 6.643), (1, "2026-07-01", "2026-07-07", 1, 1)],
)
def test_weight_is_the_hosted_one(live: Live, variables: int, first: str, last: str, places: int, weight: float) -> None:
    names = ",".join(["temperature_2m"] * variables)
    where = f"latitude={','.join(['50'] * places)}&longitude={','.join(['10'] * places)}"
    live.order(limits={})
    assert get(live, f"{where}&hourly={names}&start_date={first}&end_date={last}").status_code == 200
    assert used(live)["day"] == pytest.approx(weight, abs=0.001)


def test_factor_scales_every_window_and_without_limits_only_counting_is_left(live: Live) -> None:
    live.order(limits={"minute": 1, "factor": 3})
    assert [get(live).status_code for _ in range(4)] == [200, 200, 200, 429]
    live.order(limits="off")
    assert [get(live).status_code for _ in range(3)] == [200] * 3
    assert used(live)["minute"] == 3


def test_delete_gives_back_what_was_used(live: Live) -> None:
    live.order(limits={"minute": 1})
    get(live)
    live.forget()
    assert used(live) == {}
    assert get(live).status_code == 200


def test_one_request_runs_four_wait_and_the_sixth_is_refused() -> None:
    async def ask_together(count: int) -> list[Any]:
        transport = httpx.ASGITransport(app=create_app(clock=lambda: NOW, limits=Limits()))
        async with httpx.AsyncClient(transport=transport, base_url="http://standin") as client:
            return await asyncio.gather(*(client.get(f"{PATH}?{QUERY}") for _ in range(count)))

    assert sorted(answer.status_code for answer in asyncio.run(ask_together(5))) == [200] * 5
    answers = asyncio.run(ask_together(6))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429]
    assert '{"error":true,"reason":"Too many concurrent requests"}' in [answer.text for answer in answers]


@pytest.mark.parametrize("limits", [{"minute": 0}, {"minut": 1}, "on", {"factor": 0}])
def test_limits_that_mean_nothing_are_refused(live: Live, limits: object) -> None:
    with pytest.raises(AssertionError, match="type"):
        live.order(limits=limits)
