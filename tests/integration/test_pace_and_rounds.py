"""The produce operator under a quota, killed and cleared, and with places nobody has data for; against the real services."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from cassandra.cluster import Session

from barograph.errors import SourceUnavailable
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.orchestration.produce import ProduceObservationsOperator
from barograph.settings import get_settings
from barograph.sources.open_meteo.addresses import endpoint
from barograph.sources.open_meteo.client import OpenMeteo
from barograph.sources.port import Series
from barograph.store.store import Store
from stack.side_stack import SideStack
from tests.orchestration.runs import try_of

pytestmark = pytest.mark.integration
START = date(2019, 3, 1)
HERE = Location("50", "7")
ATLANTIS = Location("49.98765", "7", "Atlantis")

Asking = Callable[..., ProduceObservationsOperator]


@pytest.fixture
def asking(side: SideStack, session: Session, producing: Asking) -> Asking:
    """Makes an operator that asks for three days of some places, a day of one place in each call."""
    for table in ("api_usage", "unserved_locations"):
        session.execute(f"TRUNCATE {side.settings.cassandra_keyspace}.{table}")

    def make(
        places: tuple[Location, ...] = (Location("50", "7"),), days: int = 3, **limits: object
    ) -> ProduceObservationsOperator:
        window = Window(START, START + timedelta(days=days))
        question = Chunk("standin/archive", "hourly", places, ("temperature_2m",), window)
        return producing(question, **{"CHUNK_OBSERVATIONS": 24, **limits})

    return make


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Chunk]:
    """Every chunk that the source is asked for, from now on."""
    chunks: list[Chunk] = []
    fetch = OpenMeteo.fetch

    def remember(self: OpenMeteo, chunk: Chunk) -> Iterator[Series]:
        chunks.append(chunk)
        return fetch(self, chunk)

    monkeypatch.setattr(OpenMeteo, "fetch", remember)
    return chunks


def days(chunks: list[Chunk]) -> list[int]:
    return [chunk.window.start.day for chunk in chunks]


def run_until_killed(operator: ProduceObservationsOperator, run_id: str, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """A first try that dies at its call number `after` + 1."""
    fetch, calls = OpenMeteo.fetch, iter(range(after))

    def die(self: OpenMeteo, chunk: Chunk) -> Iterator[Series]:
        if next(calls, None) is None:
            raise SourceUnavailable("killed")
        return fetch(self, chunk)

    with monkeypatch.context() as patched:
        patched.setattr(OpenMeteo, "fetch", die)
        with pytest.raises(SourceUnavailable):
            operator.execute(try_of(run_id))


@pytest.mark.parametrize("first", [1, 2], ids=["a retry", "a first try after a clear"])
def test_what_was_sent_before_a_kill_is_not_asked_again(
    asking: Asking, asked: list[Chunk], session: Session, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    run_id = f"killed-{first}"
    run_until_killed(asking(), run_id, monkeypatch, after=2)
    asked.clear()
    produced = asking().execute(try_of(run_id, number=2, first=first))
    assert days(asked) == [3]
    attempts = Store(session, get_settings()).ledger.get(produced["attempt_ids"])
    assert days([attempt.chunk for attempt in attempts]) == [1, 2, 3]
    assert {attempt.status for attempt in attempts} == {"EXTRACTED"}
    assert produced["observations"] == 72


@pytest.mark.parametrize(
    ("first", "params", "again"),
    [(1, {}, []), (2, {}, [1, 2, 3]), (2, {"force": True}, [1, 2, 3])],
    ids=["a retry of one that was done", "a clear of one that was done", "force"],
)
def test_a_done_task_is_asked_anew_only_when_it_is_cleared(
    asking: Asking, asked: list[Chunk], first: int, params: dict[str, bool], again: list[int]
) -> None:
    run_id = f"done-{first}-{bool(params)}"
    asking().execute(try_of(run_id))
    asked.clear()
    asking().execute(try_of(run_id, number=2, first=first, params=params))
    assert days(asked) == again


def test_force_asks_anew_what_a_killed_try_has_sent(asking: Asking, asked: list[Chunk], monkeypatch: pytest.MonkeyPatch) -> None:
    run_until_killed(asking(), "forced", monkeypatch, after=2)
    asked.clear()
    asking().execute(try_of("forced", number=2, first=2, params={"force": True}))
    assert days(asked) == [1, 2, 3]


def test_another_run_asks_for_itself(asking: Asking, asked: list[Chunk]) -> None:
    asking().execute(try_of("today"))
    asking().execute(try_of("tomorrow"))
    assert days(asked) == [1, 2, 3] * 2


@pytest.fixture
def hour_for_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """All calls of the test are in one hour, and its end is never near enough to be slept through."""
    now = datetime.now(UTC)
    left_s = 3600 - (now.minute * 60 + now.second)
    time.sleep(left_s + 1 if left_s < 20 else 0)
    monkeypatch.setattr("barograph.sources.rate_limit.MAX_WAIT", timedelta(0))


@pytest.mark.usefixtures("hour_for_this_test")
def test_a_used_up_hour_defers_the_task_which_then_goes_on_where_it_was(
    asking: Asking, asked: list[Chunk], session: Session, side: SideStack
) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        asking(API_QUOTA="600/2/10000").execute(try_of("deferred"))
    moment = deferred.value.trigger.moment
    assert (moment.minute, moment.second) == (0, 1)
    assert deferred.value.method_name == "go_on"
    assert days(asked) == [1, 2]
    host, now = endpoint("standin/archive", get_settings()).host, datetime.now(UTC)
    assert Store(session, get_settings()).usage.read(host).used("hour", now).cost == 2
    produced = asking(API_QUOTA="600/3/10000").go_on(try_of("deferred"))
    assert days(asked) == [1, 2, 3]
    assert produced["observations"] == 72


REFUSAL = json.dumps({"error": True, "reason": "No data is available for this location"})
NO_DATA: Mapping[str, Mapping[str, object]] = {
    "a refusal": {"fault": "canned", "status": 400, "body": REFUSAL},
    "nan": {"fault": "nan"},
}


@pytest.fixture(params=NO_DATA)
def unknown(side: SideStack, request: pytest.FixtureRequest) -> Iterator[None]:
    """The stand-in has no data for `ATLANTIS`, and says so in the ways the hosted API does."""
    rule = {**NO_DATA[request.param], "match": ATLANTIS.latitude}
    side.simulator.order(rules=[rule])
    yield
    side.simulator.order(rules=[])


@pytest.mark.usefixtures("unknown")
def test_a_place_without_data_is_found_and_all_others_are_sent(asking: Asking, asked: list[Chunk], session: Session) -> None:
    others = [Location(str(40 + n), "7") for n in range(8)]
    places = (*others[:5], ATLANTIS, *others[5:])
    produced = asking(places, 1, CHUNK_OBSERVATIONS=1000).execute(try_of("atlantis"))
    assert produced["unserved"] == ["Atlantis"]
    sent = [one.chunk for one in Store(session, get_settings()).ledger.get(produced["attempt_ids"])]
    assert [place for chunk in sent for place in chunk.locations] == others
    assert produced["observations"] == 8 * 24
    assert [len(chunk.locations) for chunk in asked] == [9, 4, 5, 2, 1, 1, 3]


@pytest.mark.usefixtures("unknown")
def test_places_without_any_data_fail_for_good(asking: Asking) -> None:
    with pytest.raises(AirflowFailException, match="no data for any of the locations"):
        asking((ATLANTIS,), 1).execute(try_of("nowhere"))


@pytest.mark.usefixtures("unknown")
def test_a_location_without_data_is_searched_for_once_and_asked_for_again_by_force(asking: Asking, asked: list[Chunk]) -> None:
    places = (HERE, ATLANTIS)
    asking(places, 1).execute(try_of("first"))
    asked.clear()
    produced = asking(places, 1).execute(try_of("second"))
    assert [chunk.locations for chunk in asked] == [(HERE,)]
    assert (produced["unserved"], produced["known_unserved"]) == ([], ["Atlantis"])
    by_hand = asking(places, 1).execute(try_of("by hand", run_type="manual"))
    assert by_hand["unserved"] == ["Atlantis"]
    asked.clear()
    asking(places, 1).execute(try_of("third", params={"force": True}))
    assert [chunk.locations for chunk in asked] == [(HERE,), (ATLANTIS,)]


def test_a_refused_chunk_keeps_no_other_one_out_and_is_asked_for_alone_after_a_clear(
    asking: Asking, asked: list[Chunk], side: SideStack, session: Session
) -> None:
    refusal = {"fault": "canned", "status": 400, "body": json.dumps({"error": True, "reason": "not this day"})}
    side.simulator.order(rules=[{**refusal, "match": "start_date=2019-03-02"}])
    try:
        produced = asking().execute(try_of("refused"))
    finally:
        side.simulator.order(rules=[])
    assert days([attempt.chunk for attempt in Store(session, get_settings()).ledger.get(produced["attempt_ids"])]) == [1, 3]
    assert "the source refused 1 chunks" in str(produced["refused"])
    assert "not this day" in str(produced["refused"])
    asked.clear()
    cleared = asking().execute(try_of("refused", number=2, first=2))
    assert (days(asked), cleared["refused"], cleared["observations"]) == ([2], None, 72)
