"""The API key: it goes to the customer hosts in a header, and is seen nowhere else."""

import json
import logging
import traceback
from dataclasses import replace

import pytest

from barograph.errors import BarographError, RequestRefused
from barograph.settings import Settings
from barograph.sources.http import Requester
from barograph.sources.open_meteo.client import OpenMeteo
from tests.sources.answers import Canned, answer_to, ask_for
from tests.sources.test_faults import WARM
from tests.stack.standin.live import Live

MARKER = "professional-5ecre7marker"
RAIN = ask_for("rain")


def source(live: Live, key: str | None) -> OpenMeteo:
    """Open-Meteo at the stand-in, asked once."""
    requester = Requester(retry_for_s=0)
    requester.session.trust_env = False
    return OpenMeteo(Settings(standin_port=live.port), requester, key)


def test_with_a_key_the_customer_host_is_asked_and_answers_the_same(live: Live) -> None:
    free, paid = source(live, None).fetch(WARM), source(live, MARKER).fetch(WARM)
    assert paid == free
    assert [one["path"] for one in live.told()["answers"]] == ["/api/v1/dwd-icon", "/customer-api/v1/dwd-icon"]


def test_the_key_is_not_in_the_address(live: Live) -> None:
    source(live, MARKER).fetch(WARM)
    assert MARKER not in json.dumps(live.told())


def test_hosted_customers_have_hosts_of_their_own() -> None:
    session = Canned((200, json.dumps(answer_to(RAIN, rain=[0.0] * 24)).encode()))
    OpenMeteo(Settings(), Requester(session=session), MARKER).fetch(RAIN)
    ((url, query),) = session.asked
    assert url == "https://customer-api.open-meteo.com/v1/dwd-icon"
    assert MARKER not in str(query)


@pytest.mark.parametrize(
    ("key", "says"),
    [("unknown-5ecre7marker", "API key is invalid.* OPEN_METEO_API_KEY in .env"), (MARKER, None)],
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
        source(live, key).fetch(WARM)
    shown = "".join(traceback.format_exception(failed.value)) + caplog.text + repr(failed.value.__cause__)
    assert "127.0.0.1" in shown
    assert "5ecre7marker" not in shown


def test_a_plan_that_is_too_small_is_refused_for_good(live: Live) -> None:
    archive = replace(WARM, source="standin/archive")
    with pytest.raises(RequestRefused, match=r"\(403\).*Professional or Enterprise plan.*OPEN_METEO_API_KEY in .env"):
        source(live, "standard-5ecre7marker").fetch(archive)
