"""The control plane on a real Cassandra: bounded questions, generations, the quarantine, what is missing."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from barograph.errors import ClockBehind
from barograph.gaps import close_stuck, plan_gaps
from barograph.model.attempt import DISMISSED, Attempt, Manifest, Outcome, version_at
from barograph.model.chunk import Chunk
from barograph.model.generation import Generation
from barograph.model.location import Location
from barograph.model.quarantine import QuarantineId, Selection
from barograph.model.window import Window
from barograph.store.generations import MAX_SIBLINGS
from barograph.store.missing import Missing, read_missing
from barograph.store.store import Store

pytestmark = pytest.mark.integration
HERE, THERE = Location("1", "2"), Location("51.8", "10.6", "Brocken", "1141")
NOW = datetime.now(UTC)
TODAY = NOW.date()
names = count(1)


@pytest.fixture
def source() -> str:
    """A source of the test's own."""
    return f"test/store-{next(names)}"


def chunk(source: str, first: date, last: date | None = None, *locations: Location) -> Chunk:
    return Chunk(source, "hourly", locations or (HERE, THERE), ("rain",), Window.from_days(first, last or first))


def daily(number: int = 1) -> Generation:
    return Generation("weather_data_dag", f"scheduled__{number}", "produce_hourly_metrics", 1)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def at(store: Store, opened_at: datetime) -> Store:
    """The store by a clock that shows `opened_at`."""
    return Store(store.session, store.settings, lambda: version_at(opened_at))


def extract(store: Store, asked: Chunk, generation: Generation | None = None) -> Attempt:
    attempt = store.ledger.open(asked, "run", "task", generation)
    store.ledger.mark_extracted(attempt, Manifest("t", "id", {0: (0, asked.asked)}, asked.asked, 7))
    return attempt


def commit(store: Store, asked: Chunk, generation: Generation | None = None) -> Attempt:
    attempt = extract(store, asked, generation)
    store.ledger.mark_committed(attempt, Outcome(asked.asked, 0, 0))
    return store.ledger.get([attempt.attempt_id])[0]


def missing(store: Store, source: str, since: date | None = None) -> Missing:
    return read_missing(store, source, "hourly", lambda _: True, NOW, since)


def test_an_attempt_is_read_back_with_its_locations_as_they_were_asked(own_store: Store, source: str) -> None:
    attempt = own_store.ledger.open(chunk(source, ago(1)), "run", "task", daily())
    (found,) = own_store.ledger.get([attempt.attempt_id])
    assert (found.chunk, found.status, found.generation_id) == (attempt.chunk, "OPEN", daily().generation_id)
    assert [location.to_json() for location in found.chunk.locations] == [location.to_json() for location in (HERE, THERE)]


def test_the_newest_attempts_come_first_across_months_and_no_more_than_asked_for(own_store: Store, source: str) -> None:
    opened = [NOW - timedelta(days=days) for days in (95, 64, 33, 2)]
    versions = [at(own_store, when).ledger.open(chunk(source, ago(100)), "run", "task").version for when in opened]
    newest = own_store.ledger.newest(source, "hourly", 3)
    assert [attempt.version for attempt in newest] == versions[:0:-1]
    since = own_store.ledger.newest(source, "hourly", 9, NOW - timedelta(days=40))
    assert [attempt.version for attempt in since] == versions[:1:-1]


def test_attempts_are_found_by_the_cells_they_asked_for_whenever_that_was(own_store: Store, source: str) -> None:
    old = at(own_store, NOW - timedelta(days=300)).ledger.open(chunk(source, date(1999, 12, 30), date(2000, 3, 1)), "run", "task")
    new = own_store.ledger.open(chunk(source, date(2000, 1, 31), date(2000, 2, 1), THERE), "run", "task")
    asked = chunk(source, date(2000, 2, 1), None, THERE)
    assert [found.version for found in own_store.ledger.overlapping([asked])] == [new.version, old.version]
    assert [found.version for found in own_store.ledger.overlapping([replace(asked, locations=(HERE,))])] == [old.version]
    assert own_store.ledger.overlapping([replace(asked, variables=("showers",))]) == []
    assert own_store.ledger.overlapping([chunk(source, date(2000, 3, 2))]) == []
    assert own_store.ledger.overlapping([chunk(source, date(2000, 1, 31), None, Location("9", "9"))]) == []


def test_an_attempt_that_a_newer_one_overtook_while_it_was_opened_is_given_up(
    own_store: Store, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = own_store.ledger.index.add
    overtaking = iter([True])

    def stall(attempt: Attempt, list_id: str, generation: Generation | None) -> None:
        add(attempt, list_id, generation)
        if next(overtaking, False):  # between its version and its row in the ledger
            Store(own_store.session, own_store.settings).ledger.open(attempt.chunk, "other", "task")

    monkeypatch.setattr(own_store.ledger.index, "add", stall)
    mine = own_store.ledger.open(chunk(source, ago(1)), "mine", "task")
    found = own_store.ledger.overlapping([mine.chunk])
    assert [(one.dag_run, one.status) for one in found] == [("mine", "OPEN"), ("other", "OPEN"), ("mine", "FAILED")]


def test_committed_and_unfinished_attempts_are_found_by_when_they_were_opened(own_store: Store, source: str) -> None:
    long_ago = commit(at(own_store, NOW - timedelta(days=40)), chunk(source, ago(41)))
    landed, waits = commit(own_store, chunk(source, ago(2))), extract(own_store, chunk(source, ago(1)))
    assert [one.version for one in own_store.ledger.committed_since(source, "hourly", NOW - timedelta(days=1))] == [
        landed.version
    ]
    unfinished = own_store.ledger.unfinished_since(source, "hourly", NOW - timedelta(days=60))
    assert [one.version for one in unfinished] == [waits.version]
    newest = own_store.ledger.newest_covering(source, "hourly", Window.from_days(ago(41), ago(41)))
    assert newest is not None
    assert newest.version == long_ago.version
    assert own_store.ledger.newest_covering(source, "hourly", Window.from_days(ago(1), ago(1))) is None


def test_what_a_generation_sent_and_its_siblings_are_found_by_the_run_alone(own_store: Store, source: str) -> None:
    run = ("some_dag", f"run/of {source}")
    hours = own_store.generations.enter(*run, "produce_hourly_metrics", is_retry=False, force=False)
    days = own_store.generations.enter(*run, "produce_daily_metrics", is_retry=False, force=False)
    sent = extract(own_store, chunk(source, ago(3)), hours)
    failed = own_store.ledger.open(chunk(source, ago(2)), "run", "task", hours)
    own_store.ledger.mark_failed(failed, "away")
    other = extract(own_store, replace(chunk(source, ago(3)), resolution="daily"), days)
    assert [one.version for one in own_store.generations.read_sent(hours)] == [sent.version]
    assert [one.version for one in own_store.generations.read_siblings(hours)] == [other.version]
    assert Generation.from_id(str(sent.generation_id)) == hours
    again = own_store.generations.enter(*run, "produce_hourly_metrics", is_retry=True, force=False)
    assert again == hours
    own_store.generations.finish(hours)
    anew = own_store.generations.enter(*run, "produce_hourly_metrics", is_retry=False, force=False)
    assert (anew.number, own_store.generations.read_sent(anew)) == (2, [])
    assert MAX_SIBLINGS >= 1


def record(attempt: Attempt, offset: int) -> QuarantineId:
    return QuarantineId(attempt.chunk.source, attempt.chunk.resolution, attempt.version, "t", 0, offset)


def quarantine(store: Store, *ids: QuarantineId) -> None:
    columns = 'source, resolution, day, version, topic, partition, "offset", reason, raw, headers, state'
    insert = f"INSERT INTO quarantine ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, 'type: rain', ?, ?, 'open')"
    for one in ids:
        key = (one.source, one.resolution, one.day, one.version, one.topic, one.partition, one.offset)
        store.queries.run(insert, *key, b"raw", {"schema": "1"})


def test_the_quarantine_is_found_by_day_and_by_attempt_and_a_dropped_record_is_gone(own_store: Store, source: str) -> None:
    old, new = (commit(at(own_store, when), chunk(source, ago(400))) for when in (NOW - timedelta(days=370), NOW))
    ids = [record(old, 1), record(new, 2), record(new, 3)]
    own_store.quarantine.enter([old, new])
    quarantine(own_store, *ids)
    assert [one.id for one in own_store.quarantine.find(Selection(source=source))] == ids
    assert [one.id for one in own_store.quarantine.find(Selection(source=source), [TODAY])] == ids[1:]
    assert [one.id for one in own_store.quarantine.of_attempts([new])] == ids[1:]
    own_store.quarantine.drop(ids[1:2])
    assert [one.id for one in own_store.quarantine.find(Selection(source=source))] == [ids[0], ids[2]]


def test_a_record_that_has_landed_is_kept_whole_and_only_for_a_while(own_store: Store, source: str) -> None:
    attempt = commit(own_store, chunk(source, ago(1)))
    kept, landed = record(attempt, 1), record(attempt, 2)
    own_store.quarantine.enter([attempt])
    quarantine(own_store, kept, landed)
    own_store.quarantine.settle([landed])
    assert [one.state for one in own_store.quarantine.find(Selection(source=source))] == ["open", "replayed"]
    assert [(one.value, one.headers) for one in own_store.quarantine.read([kept, landed])] == [(b"raw", [("schema", "1")])] * 2
    select = "SELECT TTL(raw) AS raw, TTL(state) AS state FROM quarantine WHERE source = ? AND resolution = ? AND day = ?"
    ttl = list(own_store.queries.run(select, source, "hourly", attempt_day(attempt)))
    assert [(row.raw is None, row.state is None) for row in ttl] == [(True, True), (False, False)]


def attempt_day(attempt: Attempt) -> date:
    return record(attempt, 0).day


def test_days_that_an_outage_left_out_between_daily_runs_are_asked_for(own_store: Store, source: str) -> None:
    commit(own_store, chunk(source, ago(9), ago(6)), daily(1))
    commit(own_store, chunk(source, ago(1)), daily(2))
    commit(own_store, chunk(source, ago(3)))  # by hand
    found = missing(own_store, source)
    assert [gap.chunk for gap in found.fill.ask] == [chunk(source, ago(5), ago(4)), chunk(source, ago(2))]
    assert "no run of weather_data_dag asked for these days" in found.fill.ask[0].why
    assert (found.fill.load, found.older) == ([], [])


def test_a_hole_before_the_horizon_is_named_and_asked_for_once_the_horizon_reaches_it(own_store: Store, source: str) -> None:
    commit(at(own_store, NOW - timedelta(days=90)), chunk(source, ago(90)), daily(1))
    commit(own_store, chunk(source, ago(1)), daily(2))
    found = missing(own_store, source)
    assert [gap.chunk for gap in found.older] == [chunk(source, ago(89), ago(36))]
    assert [gap.chunk for gap in found.fill.ask] == [chunk(source, ago(35), ago(2))]
    found = missing(own_store, source, since=ago(95))
    assert ([gap.chunk for gap in found.fill.ask], found.older) == ([chunk(source, ago(89), ago(2))], [])


def test_days_between_runs_by_hand_are_no_holes(own_store: Store, source: str) -> None:
    commit(own_store, chunk(source, ago(30)))
    commit(own_store, chunk(source, ago(1)))
    assert missing(own_store, source).fill.ask == []


def test_a_failed_attempt_is_asked_again_but_for_what_older_ones_of_any_age_committed(own_store: Store, source: str) -> None:
    commit(at(own_store, NOW - timedelta(days=300)), chunk(source, date(2000, 1, 1)))
    failed = own_store.ledger.open(chunk(source, date(2000, 1, 1), date(2000, 1, 3)), "run", "task")
    own_store.ledger.mark_failed(failed, "the source was away")
    (gap,) = missing(own_store, source).fill.ask
    assert gap.chunk == chunk(source, date(2000, 1, 2), date(2000, 1, 3))
    assert gap.why == f"{failed.attempt_id} is FAILED: the source was away"


def test_a_dismissed_gap_is_not_missing_any_more_and_its_reason_is_in_the_ledger(own_store: Store, source: str) -> None:
    failed = own_store.ledger.open(chunk(source, ago(5), ago(4)), "run", "task")
    own_store.ledger.mark_failed(failed, "the station is closed")
    (gap,) = missing(own_store, source).fill.ask
    noted = own_store.ledger.open(gap.chunk, "fill", "dismiss")
    own_store.ledger.mark_failed(noted, f"{DISMISSED}closed since May")
    assert missing(own_store, source).fill.ask == []
    assert own_store.ledger.newest(source, "hourly", 1)[0].message == "dismissed: closed since May"


def test_an_attempt_that_died_open_over_committed_cells_is_closed_by_the_fill(own_store: Store, source: str) -> None:
    commit(own_store, chunk(source, ago(1)))
    dead = own_store.ledger.open(chunk(source, ago(1)), "run", "task")
    own_store.queries.run(
        "UPDATE ingest_ledger SET opened_at = ? WHERE source = ? AND resolution = 'hourly' AND month = ? AND version = ?",
        *(NOW - timedelta(hours=7), source, NOW.year * 100 + NOW.month, dead.version),
    )
    found = missing(own_store, source)
    assert ([one.version for one in found.fill.stuck], found.fill.ask) == ([dead.version], [])
    close_stuck(own_store, plan_gaps([found], NOW, own_store.settings))
    closed = own_store.ledger.get([dead.attempt_id])[0]
    assert (closed.status, "never finished" in str(closed.message)) == ("FAILED", True)
    assert missing(own_store, source).fill.stuck == []


def test_a_source_whose_clock_was_far_ahead_is_repaired_and_opens_attempts_again(own_store: Store, source: str) -> None:
    ahead = own_store.ledger.open(chunk(source, ago(2)), "run", "task")
    own_store.queries.run("UPDATE version_clock SET version = ? WHERE source = ?", version_at(NOW + timedelta(days=400)), source)
    with pytest.raises(ClockBehind, match="`barograph repair-clock"):
        own_store.ledger.open(chunk(source, ago(1)), "run", "task")
    was, now = own_store.versions.lower(source)
    assert was - now > 399 * 24 * 3600 * 1_000_000
    opened = own_store.ledger.open(chunk(source, ago(1)), "run", "task")
    assert ahead.version < opened.version < version_at(NOW + timedelta(hours=1))


def test_attempts_of_a_clock_far_ahead_keep_no_later_one_from_being_opened(own_store: Store, source: str) -> None:
    future = version_at(NOW + timedelta(days=400))
    own_store.queries.run("INSERT INTO version_clock (source, version) VALUES (?, ?)", source, future - 1)
    wrong = at(own_store, NOW + timedelta(days=400)).ledger.open(chunk(source, ago(1)), "run", "task")
    _, now = own_store.versions.lower(source)
    opened = own_store.ledger.open(chunk(source, ago(1)), "run", "task")
    assert [one.version for one in own_store.ledger.opened_after(source, "hourly", now)] == [wrong.version, opened.version]
