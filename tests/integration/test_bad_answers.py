"""Bad answers through the real operator: what the task ends with, what the ledger says, and that nothing wrong landed.

Keys are those of the API table of the reference's bad inputs; tests/sources/test_faults.py has all of them at the client.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from cassandra.cluster import Session

from barograph.errors import AnswerBroken, NothingLanded, SourceUnavailable, TooManyBad
from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts
from barograph.model.attempt import Attempt
from barograph.orchestration.produce import ProduceObservationsOperator
from barograph.sources.http import Requester
from barograph.sources.open_meteo import client
from stack.side_stack import SideStack
from tests.integration.sending import hours_of
from tests.integration.weather import allowing, column
from tests.orchestration.runs import try_of

pytestmark = [pytest.mark.integration, pytest.mark.spark]
Order = Callable[[Mapping[str, Any]], None]


def canned(status: int, body: str = "", **headers: str) -> dict[str, Any]:
    """The rule that answers with these."""
    return {"fault": "canned", "status": status, "body": body, "headers": headers}


ENDS: Mapping[str, tuple[dict[str, Any], type[BaseException], str]] = {
    "A1 reset": ({"fault": "reset"}, SourceUnavailable, "does not answer"),
    "A3 429": ({"fault": "429", "text": "daily"}, TaskDeferred, "429: Daily API request limit exceeded"),
    "A4 503": ({"fault": "503"}, SourceUnavailable, "answered 503: The service is overloaded"),
    "A5 400": (canned(400, '{"error":true,"reason":"Invalid date"}'), AirflowFailException, "Invalid date"),
    "A6 403": (canned(403, '{"error":true,"reason":"Not in your plan"}'), AirflowFailException, "OPEN_METEO_API_KEY in .env"),
    "A6 403 of a firewall": (canned(403, "no"), SourceUnavailable, "a firewall or proxy on the way"),
    "A7 redirect": (canned(302, Location="http://169.254.169.254/"), AirflowFailException, "answered 302"),
    "A8 empty": ({"fault": "empty"}, AnswerBroken, "not a complete answer"),
    "A8 HTML": ({"fault": "html"}, AnswerBroken, "Welcome to nginx"),
    "A8 error with 200": ({"fault": "error-object"}, AnswerBroken, "answered 200 with an error: Something went wrong."),
    "A9 cut": ({"fault": "cut"}, AnswerBroken, "the answer was cut"),
    "A9 stream error appended": ({"fault": "stream-error-appended"}, AnswerBroken, "not a complete answer"),
    "A10 nan": ({"fault": "nan"}, AirflowFailException, "its coordinates came as nan"),
    "A11 unequal": ({"fault": "unequal"}, AirflowFailException, "23 values for 24 times"),
    "A12 hole": ({"fault": "hole"}, AnswerBroken, "the time axis is not the 24 times asked for"),
    "A13 offset": ({"fault": "offset"}, AirflowFailException, "local time"),
    "A13 unsorted": ({"fault": "unsorted"}, AirflowFailException, "does not rise hour by hour"),
    "A16 unit": ({"fault": "unit"}, AirflowFailException, "came in 'K'"),
    "A17 missing": ({"fault": "column-missing"}, AirflowFailException, "temperature_2m is missing"),
}


@pytest.fixture(autouse=True)
def forgetful(side: SideStack, session: Session) -> None:
    """No location is left out because an earlier test found no data there."""
    session.execute(f"TRUNCATE {side.settings.cassandra_keyspace}.unserved_locations")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What passes is not asked again within the call: Airflow's own retries come next."""
    monkeypatch.setattr(client, "Requester", partial(Requester, retry_for_s=0))


@pytest.fixture
def order(side: SideStack) -> Iterator[Order]:
    """Gives the stack's stand-in a rule; it is forgotten afterwards."""

    def put(rule: Mapping[str, Any]) -> None:
        side.simulator.order(rules=[{**rule, "match": "latitude=1&"}])

    yield put
    side.simulator.order(rules=[])


def ask_for(operator: ProduceObservationsOperator, location: str) -> None:
    """Let the operator ask for a place of its own."""
    chunk = hours_of("standin/archive", ["temperature_2m"], location)
    operator.planned = {"hourly": [chunk.to_json()], "daily": []}  # type: ignore[assignment]  # as a task gets it


def newest(services: LoadContext) -> Attempt:
    """The attempt that was opened last."""
    return services.ledger.newest("standin/archive", "hourly", 1)[0]


@pytest.mark.parametrize("case", ENDS)
def test_a_bad_answer_ends_red_with_its_reason_in_the_ledger_and_sends_nothing(
    operator: ProduceObservationsOperator, services: LoadContext, order: Order, case: str
) -> None:
    rule, error, says = ENDS[case]
    order(rule)
    with pytest.raises(error, match=None if error is TaskDeferred else says):
        operator.execute(try_of("bad"))
    attempt = newest(services)
    query = "SELECT message FROM analytics.ingest_ledger WHERE attempt_id = %s ALLOW FILTERING"
    (row,) = services.store.session.execute(query, [attempt.attempt_id])
    assert (attempt.status, attempt.manifest) == ("FAILED", None)
    assert says in row.message


def test_a15_a18_what_is_no_such_value_goes_to_quarantine_and_the_rest_lands(
    operator: ProduceObservationsOperator, services: LoadContext, order: Order
) -> None:
    attempt_of: dict[str, str] = {}
    for fault, place in (("text", "1,15"), ("boolean", "1,16"), ("absurd", "1,18")):
        ask_for(operator, place)
        order({"fault": fault})
        (attempt_of[place],) = operator.execute(try_of(f"bad {fault}"))["attempt_ids"]
    with pytest.raises(TooManyBad):
        load_attempts(list(attempt_of.values()), services)
    assert [column(services, "standin/archive", "temperature_2m", place) for place in attempt_of] == [[], [], []]
    assert "asked=72 landed=69 quarantined=3 missing=0" in load_attempts(list(attempt_of.values()), allowing(1, services))
    assert [len(column(services, "standin/archive", "temperature_2m", place)) for place in attempt_of] == [23, 23, 23]
    query = "SELECT raw FROM analytics.quarantine WHERE attempt_id = %s ALLOW FILTERING"
    bad = [row.raw.decode() for one in attempt_of.values() for row in services.store.session.execute(query, [one])]
    values = ['"12.3"', "true", "-9999"]
    assert [f'"temperature_2m":{value}' in raw for value, raw in zip(values, bad, strict=True)] == [True] * 3


def test_a14_a19_hours_without_any_value_are_missing_and_nothing_landed_is_red(
    operator: ProduceObservationsOperator, services: LoadContext, order: Order
) -> None:
    ask_for(operator, "1,14")
    order({"fault": "undefined"})
    (attempt_id,) = operator.execute(try_of("null"))["attempt_ids"]
    with pytest.raises(NothingLanded):
        load_attempts([attempt_id], services)
    (attempt,) = services.ledger.get([attempt_id])
    assert column(services, "standin/archive", "temperature_2m", "1,14") == []
    assert attempt.status == "COMMITTED"
    assert attempt.outcome is not None
    assert (attempt.outcome.landed, attempt.outcome.quarantined, attempt.outcome.missing) == (0, 0, 24)
