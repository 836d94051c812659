"""Refusals of the stand-in against the recorded texts of the hosted API."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests.contract.open_meteo_client import NOW, ask
from tests.contract.open_meteo_recordings import shared
from tests.stack.standin.live import Live

ICON = "/api/v1/dwd-icon"
ARCHIVE = "/archive/v1/archive"
HISTORICAL = "/historical-forecast/v1/forecast"
BERLIN = "latitude=52.5&longitude=13.4"
THREE = "latitude=1,2,3&longitude=1,2,3"
THOUSAND_AND_ONE = ",".join(["1"] * 1001)

URL_OF_TRIGGER = {
    "latitude=999": f"{ICON}?latitude=999&longitude=1",
    "longitude=200": f"{ICON}?latitude=1&longitude=200",
    "latitude=abc": f"{ICON}?latitude=abc&longitude=1",
    "hourly=bogus_ens_xyz": f"{ICON}?{BERLIN}&hourly=temperature_2m,bogus_ens_xyz",
    "daily=temperature_2m (an hourly name in daily)": f"{ICON}?{BERLIN}&daily=temperature_2m",
    "daily='sunrise, sunset' (space after the comma: whole value is echoed)": f"{ICON}?{BERLIN}&daily=sunrise%2C+sunset",
    "models=bogus_model_xyz": f"{ICON}?{BERLIN}&models=bogus_model_xyz",
    "latitude=1,2&longitude=3 or only one of the two": f"{ICON}?latitude=1,2&longitude=3",
    "archive, start_date beyond today": f"{ARCHIVE}?{BERLIN}&start_date=2026-07-27&end_date=2026-07-27",
    "forecast start_date=2026-08-14 on 2026-07-20 (range = today-93 .. today+15)": (
        f"{ICON}?{BERLIN}&start_date=2026-08-14&end_date=2026-08-14"
    ),
    "forecast past_days=180": f"{ICON}?{BERLIN}&past_days=180",
    "forecast forecast_days=90 (server bug: 'Given' prints the maximum, not the value)": (f"{ICON}?{BERLIN}&forecast_days=90"),
    "end_date < start_date": f"{ICON}?{BERLIN}&start_date=2026-07-02&end_date=2026-07-01",
    "start_date/end_date together with past_days/forecast_days/... (since PR #1497 the name is the actual parameter)": (
        f"{ICON}?{BERLIN}&start_date=2026-07-01&end_date=2026-07-02&past_days=1"
    ),
    "start_date without end_date": f"{ICON}?{BERLIN}&start_date=2026-07-01",
    "start_date=2024/01/01": f"{ICON}?{BERLIN}&start_date=2024/01/01&end_date=2024-01-02",
    "start_date=2024-13-01 (also year <1900 or >2050)": f"{ICON}?{BERLIN}&start_date=2024-13-01&end_date=2024-12-01",
    "timezone=Mars/Olympus": f"{ICON}?{BERLIN}&timezone=Mars/Olympus",
    "2 timezones for 3 coordinates": f"{ICON}?{THREE}&timezone=GMT,UTC",
    "elevation count mismatch": f"{ICON}?{THREE}&elevation=1,2",
    "weight > 5000 in one call": (
        f"{ARCHIVE}?latitude={','.join(['1'] * 1000)}&longitude={','.join(['1'] * 1000)}"
        "&hourly=temperature_2m&start_date=1950-01-01&end_date=1959-12-31"
    ),
    "models=icon_d2 outside Central Europe": f"{ICON}?latitude=0&longitude=0&models=icon_d2",
    "unknown path, or an endpoint on the wrong host (e.g. /v1/archive on api.open-meteo.com, /v1/dwd-icon on "
    "historical-forecast-api)": "/api/v1/archive",
    "latitude AND longitude both missing": f"{ICON}?hourly=temperature_2m",
    "temporal_resolution= (empty enum)": f"{ICON}?{BERLIN}&temporal_resolution=",
    "forecast start_hour out of range": f"{ICON}?{BERLIN}&start_hour=2026-09-01T00:00&end_hour=2026-09-01T01:00",
    "customer- host without apikey": f"/customer-api/v1/dwd-icon?{BERLIN}",
    "customer- host, unknown apikey": f"/customer-api/v1/dwd-icon?{BERLIN}&apikey=unknown",
    "standard-plan key on archive/historical-forecast/previous-runs/...": (
        f"/customer-archive/v1/archive?{BERLIN}&apikey=standard-1"
    ),
}
FAULT_OF_TRIGGER = {
    "more than 4096 requests running on one server": {"fault": "503"},
    "unhandled server error": {"fault": "500"},
    "weight used in this clock minute >= 600": {"fault": "429", "text": "minutely"},
    ">= 5000 in this UTC hour": {"fault": "429", "text": "hourly"},
    ">= 10000 in this UTC day": {"fault": "429", "text": "daily"},
    "6th simultaneous request from one IP (1 runs, 4 queue)": {"fault": "429", "text": "concurrent"},
    "storage backend timeout after headers were sent; content-type stays application/json": {"fault": "stream-error"},
    "models=metno_nordic (and other regional models) at a point inside the grid's range but without values: INVALID JSON": {
        "fault": "nan"
    },
    "as timeoutReached, on a regional storage failure; content-type stays application/json": {
        "fault": "canned",
        "body": "Unexpected error while streaming data: allEndpointsUnavailable",
    },
}
"""What only orders bring about; the limits' texts come by themselves too (test_limits)."""
ELSEWHERE = {
    "POST with >1000 coordinates (free host)",
    "apikey on the free host (note the double slash)",
    "GET URL beyond about 8 KB (1260 coordinate pairs)",
}
CLOCKS = {
    "forecast start_hour out of range": datetime(2026, 8, 14, 12, tzinfo=UTC),
    "archive, start_date beyond today": datetime(2026, 7, 26, 12, tzinfo=UTC),
}


def recorded_refusal(trigger: str) -> dict[str, Any]:
    lines = shared("reference/open-meteo-errors.jsonl").read_text(encoding="utf-8").splitlines()
    refusals: dict[str, dict[str, Any]] = {row["trigger"]: row for row in map(json.loads, lines)}
    return refusals[trigger]


@pytest.mark.parametrize("trigger", URL_OF_TRIGGER)
def test_refuses_in_the_words_of_the_hosted_api(trigger: str) -> None:
    response = ask(URL_OF_TRIGGER[trigger], at=CLOCKS.get(trigger, NOW))
    expected = recorded_refusal(trigger)
    raw = json.dumps(expected["body"], ensure_ascii=False, separators=(",", ":")) if "body" in expected else ""
    assert (response.status_code, response.text) == (expected["status"], raw)


@pytest.mark.parametrize("trigger", FAULT_OF_TRIGGER)
def test_says_on_demand_what_only_trouble_says(live: Live, trigger: str) -> None:
    live.order(FAULT_OF_TRIGGER[trigger])
    answer = requests.get(f"{live.url}{ICON}?{BERLIN}", timeout=10)
    expected = recorded_refusal(trigger)
    raw = expected.get("raw_body") or json.dumps(expected["body"], ensure_ascii=False, separators=(",", ":"))
    assert (answer.status_code, answer.text) == (expected["status"], raw)


def test_every_recorded_refusal_can_be_brought_about() -> None:
    lines = shared("reference/open-meteo-errors.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["trigger"] for line in lines} == {*URL_OF_TRIGGER, *FAULT_OF_TRIGGER, *ELSEWHERE}


def test_a_key_on_the_free_host_is_sent_to_the_customers_host() -> None:
    answer = ask(f"{ICON}?{BERLIN}&apikey=xxx")
    assert (answer.status_code, answer.text) == (303, "")
    assert answer.headers["location"] == f"https://customer-api.open-meteo.com//v1/dwd-icon?{BERLIN}&apikey=xxx"


def test_an_address_of_more_than_8_kb_is_refused_by_the_server_in_front() -> None:
    many = ",".join(["52.5244"] * 600)
    answer = ask(f"{ICON}?latitude={many}&longitude={many}&hourly=rain")
    assert (answer.status_code, answer.headers["content-type"]) == (414, "text/html; charset=utf-8")
    assert "414 Request-URI Too Large" in answer.text


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (
            '{"latitude":[52.5,53],"longitude":[13.4,10],"hourly":["rain"],"start_date":["2026-07-01"],"end_date":["2026-07-01"]}',
            200,
        ),
        ('{"latitude":[52.5],"longitude":[13.4],"hourly":"rain"}', 400),
        ("[]", 400),
        ("{", 400),
        ('{"latitude":[52.5],"longitude":[13.4],"more":"' + "x" * 131_072 + '"}', 413),
    ],
)
def test_a_question_in_json_wants_lists_and_no_more_than_128_kb(live: Live, sent: str, status: int) -> None:
    answer = requests.post(f"{live.url}{ICON}", data=sent, headers={"content-type": "application/json"}, timeout=10)
    assert answer.status_code == status
    if status == 200:
        assert [len(one["hourly"]["rain"]) for one in answer.json()] == [24, 24]


def test_refuses_more_than_a_thousand_locations_also_by_post() -> None:
    response = ask(ICON, form=f"latitude={THOUSAND_AND_ONE}&longitude={THOUSAND_AND_ONE}")
    expected = recorded_refusal("POST with >1000 coordinates (free host)")
    assert (response.status_code, response.json()) == (expected["status"], expected["body"])


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"{HISTORICAL}?{BERLIN}&start_date=2015-12-31&end_date=2016-01-01", "range from 2016-01-01 to 2026-08-04"),
        (f"{ARCHIVE}?{BERLIN}&start_date=1939-12-31&end_date=1940-01-01", "'start_date' is out of allowed range from 1940"),
        (f"{ARCHIVE}?{BERLIN}&start_date=2026-07-01&end_date=2026-07-21", "'end_date' is out of allowed range"),
        (f"{ICON}?{BERLIN}&forecast_days=abc", "Value was not of type 'Int' at path 'forecast_days'."),
        (f"{ICON}?{BERLIN}&timezone=Europe/Berlin", "The stand-in speaks GMT only"),
        (f"{ICON}?{BERLIN}&current=temperature_2m", "The stand-in does not support parameter 'current'"),
        (f"{ICON}?{THREE}&start_date=2026-07-01,2026-07-02&end_date=2026-07-01,2026-07-02", "elements as coordinates"),
        (f"{ICON}?latitude=nan&longitude=1", "Latitude must be in range"),
    ],
)
def test_refuses_with_400_and_names_what_is_wrong(url: str, reason: str) -> None:
    response = ask(url)
    assert response.status_code == 400
    assert reason in response.json()["reason"]


def test_names_the_first_thing_wrong_in_the_hosted_order() -> None:
    response = ask(f"{ICON}?latitude=999&longitude=1&hourly=bogus&start_date=2026-07-02&end_date=2026-07-01")
    assert response.json()["reason"].endswith("from invalid String value bogus.")


@pytest.mark.parametrize("url", ["/v1/forecast", "/historical-forecast/v1/dwd-icon", "/", "/archive/v1/forecast"])
def test_endpoint_on_the_wrong_host_is_not_found(url: str) -> None:
    response = ask(url)
    assert (response.status_code, response.text) == (404, '{"error":true,"reason":"Not Found"}')
