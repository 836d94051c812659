"""The stand-in under orders: every fault, revisions, counts, and the log."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from stack.standin.app import create_app
from stack.standin.revisions import Revision, revise
from tests.contract.open_meteo_client import ask
from tests.contract.open_meteo_refusals import KINDS, read_refusals
from tests.stack.standin.live import HEADERS, Live

PATH = "/api/v1/dwd-icon"
QUERY = "latitude=52.5&longitude=13.4&hourly=temperature_2m&start_date=2026-07-01&end_date=2026-07-01"


def get(live: Live, query: str = QUERY, timeout_s: float = 10) -> requests.Response:
    return requests.get(f"{live.url}{PATH}?{query}", timeout=timeout_s)


def without_time(text: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(text)
    del answer["generationtime_ms"]
    return answer


def recorded(status: int) -> list[str]:
    """The bodies that are known to come with it."""
    return [known.raw for known in read_refusals(KINDS) if known.status == status and known.raw]


@pytest.mark.parametrize(("fault", "media_type"), [("500", "json"), ("502", "html"), ("503", "json"), ("504", "html")])
def test_server_errors_come_with_their_status_and_type(live: Live, fault: str, media_type: str) -> None:
    live.order({"fault": fault})
    answer = get(live)
    assert answer.status_code == int(fault)
    assert media_type in answer.headers["content-type"]


def test_empty_and_error_object_come_with_status_200(live: Live) -> None:
    live.order({"fault": "empty", "times": 1}, {"fault": "error-object"})
    answers = [get(live), get(live)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == ""
    assert answers[1].json()["error"] is True


def test_stream_error_is_appended_to_the_beginning_of_the_answer(live: Live) -> None:
    right = get(live).text
    live.order({"fault": "stream-error-appended"})
    text = get(live).text
    assert text.endswith("Unexpected error while streaming data: timeoutReached")
    assert text[: text.index("generationtime_ms")] == right[: right.index("generationtime_ms")]


def test_cut_body_ends_before_its_content_length(live: Live) -> None:
    live.order({"fault": "cut"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        get(live)


def test_reset_ends_the_connection_without_an_answer(live: Live) -> None:
    live.order({"fault": "reset"})
    with pytest.raises(requests.exceptions.ConnectionError, match="reset by peer"):
        get(live)


def test_slow_answer_is_the_right_one_later(live: Live) -> None:
    right = without_time(get(live).text)
    live.order({"fault": "slow", "seconds": 0.3})
    answer = get(live)
    assert answer.elapsed.total_seconds() > 0.3
    assert without_time(answer.text) == right


def test_drip_sends_byte_by_byte(live: Live) -> None:
    live.order({"fault": "drip", "seconds": 0.001})
    with requests.get(f"{live.url}{PATH}?{QUERY}", timeout=10, stream=True) as answer:
        pieces = list(answer.raw.stream(10, decode_content=False))
    assert len(b"".join(pieces)) == int(answer.headers["content-length"])


def test_hole_takes_the_same_time_out_of_every_column(live: Live) -> None:
    live.order({"fault": "hole"})
    hourly = get(live).json()["hourly"]
    assert [len(column) for column in hourly.values()] == [23, 23]
    assert "2026-07-01T01:00" not in hourly["time"]


def test_rule_hits_its_number_of_matching_requests_and_no_other(live: Live) -> None:
    live.order({"fault": "503", "times": 2, "match": "temperature_2m"})
    rain = QUERY.replace("temperature_2m", "rain")
    assert [get(live, query).status_code for query in (rain, QUERY, QUERY, QUERY)] == [200, 503, 503, 200]


def test_rule_hits_every_kth_request(live: Live) -> None:
    live.order({"fault": "503", "every": 3})
    assert [get(live).status_code for _ in range(6)] == [200, 200, 503, 200, 200, 503]


@pytest.mark.parametrize(
    "rule", [{"fault": "no-such"}, {"fault": "503", "times": 0}, {"fault": "503", "every": 0}, {"fault": "503", "tims": 1}]
)
def test_rule_that_means_nothing_is_refused(live: Live, rule: Mapping[str, Any]) -> None:
    assert requests.put(f"{live.url}/control", json={"rules": [rule]}, headers=HEADERS, timeout=10).status_code == 422


def test_revisions_move_values_and_take_them_away_from_their_hours_on(live: Live) -> None:
    before = get(live).json()["hourly"]["temperature_2m"]
    hours = {"variable": "temperature_2m", "start": "2026-07-01T02:00", "end": "2026-07-01T04:00"}
    live.order(revisions=[{**hours, "add": 1.5}])
    live.order(revisions=[{**hours, "end": "2026-07-01T03:00", "is_null": True}])
    after = get(live).json()["hourly"]["temperature_2m"]
    assert after == [*before[:2], None, round(before[3] + 1.5, 1), *before[4:]]


def test_log_tells_each_answer_its_fault_and_its_revision(live: Live) -> None:
    get(live)
    live.order(
        {"fault": "500", "times": 1},
        revisions=[{"variable": "rain", "start": "2026-07-01T00:00", "end": "2026-07-02T00:00", "add": 1}],
    )
    get(live)
    get(live)
    told = live.told()
    assert (told["requests"], told["faults"]) == (3, {"500": 1})
    assert [(one["path"], one["query"], one["fault"], one["revision"]) for one in told["answers"]] == [
        (PATH, QUERY, None, 0),
        (PATH, QUERY, "500", 1),
        (PATH, QUERY, None, 1),
    ]


def test_delete_forgets_rules_revisions_and_log(live: Live) -> None:
    live.order({"fault": "503"}, revisions=[{"variable": "rain", "start": "2026", "end": "2027", "add": 1}])
    live.forget()
    assert live.told() == {"requests": 0, "faults": {}, "revisions": [], "used": {}, "answers": []}
    assert get(live).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET"])
@pytest.mark.parametrize("sent", [None, "", "t0ken", "Bearer", "Bearer t0ke", "Bearer t0ken ", "Basic dDBrZW46", "Bearer ü"])
def test_who_has_not_the_token_changes_and_reads_nothing(live: Live, method: str, sent: str | None) -> None:
    live.order({"fault": "503"})
    headers = {} if sent is None else {"Authorization": sent.encode()}
    answer = requests.request(method, f"{live.url}/control", json={"rules": []}, headers=headers, timeout=10)
    assert (answer.status_code, "rules" in answer.text) == (401, False)
    assert get(live).status_code == 503


def test_a_refusal_comes_before_the_orders_are_read(live: Live) -> None:
    assert requests.put(f"{live.url}/control", data=b"{", timeout=10).status_code == 401


def test_without_control_there_is_no_such_address() -> None:
    assert ask("/control").status_code == 404
    assert create_app().state.control is None


def test_refusal_is_not_revised_and_daily_whole_numbers_stay_whole() -> None:
    revision = Revision(variable="weather_code", start="2026-07-01", end="2026-07-02", add=1)
    body = '{"daily":{"time":["2026-07-01","2026-07-02"],"weather_code":[3,null]}}'
    assert revise(body, [revision]) == '{"daily":{"time":["2026-07-01","2026-07-02"],"weather_code":[4,null]}}'
    assert revise("", [revision]) == ""
