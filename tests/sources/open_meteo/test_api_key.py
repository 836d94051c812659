"""The API key: it goes to the customer hosts in a header, and is seen nowhere else."""

import json
import logging
import traceback
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote_plus

import pytest

from barograph.errors import AccessRefused, BarographError, RequestRefused
from barograph.settings import Settings
from barograph.sources.destination import Destinations
from barograph.sources.http import Requester
from barograph.sources.open_meteo.client import OpenMeteo
from barograph.sources.open_meteo.key import hide_key, read_key
from tests.sources.answers import Canned, answer_to, ask_for
from tests.sources.test_faults import WARM
from tests.stack.standin.live import Live

MARKER = "professional-5ecre7marker"
RAIN = ask_for("rain")


def source(live: Live, key: str | None) -> OpenMeteo:
    """Open-Meteo at the stand-in, asked once."""
    requester = Requester(retry_for_s=0, destinations=Destinations({"127.0.0.1"}))
    requester.session.trust_env = False
    return OpenMeteo(Settings(standin_port=live.port), requester, key)


def test_with_a_key_the_customer_host_is_asked_and_answers_the_same(live: Live) -> None:
    free, paid = list(source(live, None).fetch(WARM)), list(source(live, MARKER).fetch(WARM))
    assert paid == free
    assert [one["path"] for one in live.told()["answers"]] == ["/api/v1/dwd-icon", "/customer-api/v1/dwd-icon"]


def test_the_key_is_not_in_the_address(live: Live) -> None:
    list(source(live, MARKER).fetch(WARM))
    assert MARKER not in json.dumps(live.told())


def test_hosted_customers_have_hosts_of_their_own() -> None:
    session = Canned((200, json.dumps(answer_to(RAIN, rain=[0.0] * 24)).encode()))
    list(OpenMeteo(Settings(), Requester(session=session), MARKER).fetch(RAIN))
    ((url, query),) = session.asked
    assert url == "https://customer-api.open-meteo.com/v1/dwd-icon"
    assert MARKER not in str(query)


@pytest.mark.parametrize(
    ("key", "says"),
    [("unknown-5ecre7marker", r"API key is invalid.*OPEN_METEO_API_KEY in \.env"), (MARKER, None)],
)
@pytest.mark.parametrize("fault", [None, {"fault": "503"}, {"fault": "reset"}, {"fault": "cut"}, {"fault": "html"}])
def test_a_failing_request_shows_the_key_nowhere(
    live: Live, caplog: pytest.LogCaptureFixture, key: str, says: str | None, fault: dict[str, str] | None
) -> None:
    caplog.set_level(logging.DEBUG)
    if fault:
        live.order(fault)
    elif says is None:
        live.order({"fault": "canned", "status": 400, "body": json.dumps({"error": True, "reason": f"no such key {key}"})})
    with pytest.raises(BarographError, match=says if says and not fault else None) as failed:
        list(source(live, key).fetch(WARM))
    shown = "".join(traceback.format_exception(failed.value)) + caplog.text + repr(failed.value.__cause__)
    assert "127.0.0.1" in shown
    assert "5ecre7marker" not in shown


def test_a_plan_that_is_too_small_is_refused_for_good(live: Live) -> None:
    archive = replace(WARM, source="standin/archive")
    with pytest.raises(RequestRefused, match=r"\(403\).*.*Professional or Enterprise plan.*OPEN_METEO_API_KEY in \.env"):
        list(source(live, "standard-5ecre7marker").fetch(archive))


MALFORMED = {
    "a blank inside": "abcd 5ecre7marker",
    "a line break inside": "abcd\n5ecre7marker",
    "a tab inside": "abcd\t5ecre7marker",
    "an umlaut": "abcdü5ecre7marker",
    "a character beyond latin": "abcd→5ecre7marker",
    "a NUL": "abcd\x005ecre7marker",
    "a no-break space": "abcd\u00a05ecre7marker",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_key_that_no_header_can_hold_is_refused_before_anything_is_asked_and_not_shown(case: str) -> None:
    session = Canned((200, b"{}"))
    with pytest.raises(AccessRefused, match=r"at position 5 of \d+; the API key is OPEN_METEO_API_KEY in \.env") as refused:
        OpenMeteo(Settings(), Requester(session=session), MALFORMED[case])
    shown = "".join(traceback.format_exception(refused.value)) + repr(refused.value.__context__)
    assert ("5ecre7" in shown, session.asked) == (False, [])


@pytest.mark.parametrize("around", [" {}", "{}\n", "\t{}", " {}\r\n"])
def test_blanks_and_line_breaks_around_a_key_are_left_out(live: Live, around: str) -> None:
    assert list(source(live, around.format(MARKER)).fetch(WARM)) == list(source(live, None).fetch(WARM))


@pytest.mark.parametrize("text", [None, "", "  ", "\n"])
def test_an_empty_key_is_none(text: str | None) -> None:
    assert read_key(text) is None


def test_a_key_too_short_to_be_one_is_refused() -> None:
    with pytest.raises(AccessRefused, match="has 3 characters"):
        read_key("abc")


@pytest.mark.parametrize("key", ['quote"5ecre7marker', "slash/5ecre7marker", "plain5ecre7marker", "a+b=5ecre7marker"])
@pytest.mark.parametrize("written", [lambda key: key, json.dumps, lambda key: json.dumps(key).replace("/", "\\/"), quote_plus])
def test_a_key_that_the_source_repeats_is_hidden_however_it_is_written(key: str, written: Callable[[str], str]) -> None:
    assert b"5ecre7" not in hide_key(f'{{"reason": {written(key)}}}'.encode(), key)


OWN = Settings.model_validate(
    {"base_url": "http://weather.internal:8080/v1/dwd-icon", "open_meteo_origins": "http://weather.internal:8080"}
)


def test_a_key_is_never_sent_to_a_host_that_is_not_open_meteos() -> None:
    session = Canned((200, b"{}"))
    with pytest.raises(AccessRefused, match=r"http://weather\.internal:8080 is asked.*sent to https.*Empty OPEN_METEO_API_KEY"):
        list(OpenMeteo(OWN, Requester(session=session), MARKER).fetch(RAIN))
    assert session.asked == []


def test_without_a_key_a_server_of_ones_own_is_asked_as_it_is_written() -> None:
    session = Canned((200, json.dumps(answer_to(RAIN, rain=[0.0] * 24)).encode()))
    list(OpenMeteo(OWN, Requester(session=session)).fetch(RAIN))
    assert session.asked[0][0] == "http://weather.internal:8080/v1/dwd-icon"


def test_those_with_a_key_are_counted_and_wait_for_no_quota() -> None:
    free, paid = (OpenMeteo(Settings(), api_key=key).call(RAIN) for key in (None, MARKER))
    assert (free.host, free.quota is None) == ("api.open-meteo.com", False)
    assert (paid.host, paid.quota) == ("customer-api.open-meteo.com", None)
