"""Refusals of the stand-in against the recorded texts of the hosted API."""

from pathlib import Path

import pytest
import requests

from tests.contract.open_meteo_client import ask
from tests.contract.open_meteo_refusals import KINDS, read_refusals
from tests.examples.folders import REFUSALS, each
from tests.stack.standin.live import Live

ICON = "/api/v1/dwd-icon"
ARCHIVE = "/archive/v1/archive"
HISTORICAL = "/historical-forecast/v1/forecast"
BERLIN = "latitude=52.5&longitude=13.4"
THREE = "latitude=1,2,3&longitude=1,2,3"
THOUSAND_AND_ONE = ",".join(["1"] * 1001)

ELSEWHERE = {
    "too many locations",
    "a key at the host that needs none",
    "an address that is too long for the server in front",
    "the same for another reason",
}
"""Kinds with a test of their own below; the last is any text, which the simulator says only when it is given word for word."""


def words_of(kind: str) -> tuple[int, str]:
    """Status and body of a kind."""
    return next((known.status, known.raw) for known in read_refusals(KINDS) if known.kind == kind)


@each(REFUSALS)
def test_refuses_in_the_words_of_the_hosted_api(path: Path) -> None:
    known = [refusal for refusal in read_refusals(path) if refusal.ask]
    assert len(known) >= 27
    answers = {refusal: ask(str(refusal.ask), at=refusal.at) for refusal in known}
    said = {(refusal.kind, refusal.raw): (answer.status_code, answer.text) for refusal, answer in answers.items()}
    assert said == {(refusal.kind, refusal.raw): (refusal.status, refusal.raw) for refusal in known}


@each(REFUSALS)
def test_says_on_demand_what_only_trouble_says(live: Live, path: Path) -> None:
    known = [refusal for refusal in read_refusals(path) if refusal.order]
    assert len(known) >= 8
    for refusal in known:
        live.order(refusal.order or {})
        answer = requests.get(f"{live.url}{ICON}?{BERLIN}", timeout=10)
        assert (answer.status_code, answer.text) == (refusal.status, refusal.raw), refusal.kind


def test_every_known_refusal_can_be_brought_about() -> None:
    known = read_refusals(KINDS)
    assert {refusal.kind for refusal in known if not refusal.ask and not refusal.order} == ELSEWHERE
    assert len({refusal.kind for refusal in known}) == len(known)


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
    assert (response.status_code, response.text) == words_of("too many locations")


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
