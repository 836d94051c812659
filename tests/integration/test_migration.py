"""A store that the previous release wrote, brought to this one: every attempt, state and answer is as before, killed or not."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cassandra.cluster import Session

from barograph.errors import StoreRefused, StoreUnavailable
from barograph.model.attempt import Attempt, Manifest, Outcome, Replayed
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.quarantine import Selection
from barograph.model.state import derive_state
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.store import migration
from barograph.store.connection import connect
from barograph.store.migration import migrate
from barograph.store.schema import check_schema, create_schema
from barograph.store.store import Store, open_store
from stack.settings import StackSettings

pytestmark = pytest.mark.integration
SCHEMA = Path(__file__).with_name("previous_release.cql")
SOURCE, OTHER = "open-meteo/dwd-icon", "open-meteo/archive"
NOW = datetime.now(UTC).replace(microsecond=0)
FIRST = int((NOW - timedelta(days=40)).timestamp()) * 1_000_000
SECOND = int((NOW - timedelta(days=2)).timestamp()) * 1_000_000
HOUR_US = 3_600_000_000
BERLIN, BROCKEN = Location("52.5244", "13.4105"), Location("51.8", "10.6", "Brocken", "1141")
TWO_DAYS = Window(date(2026, 10, 31), date(2026, 11, 2))
MANIFEST = Manifest("hourlymetrics", "topic-id", {0: (5, 101)}, 96, 17)
RUN = ("weather_data_dag", "scheduled__1", "produce_hourly_metrics")
ROUND = f"{'/'.join(RUN)}/2"
PLANNED = json.dumps([BERLIN.to_json(), BROCKEN.to_json()])
PLANNED_ID = hashlib.sha256(PLANNED.encode()).hexdigest()


def chunk(source: str = SOURCE, window: Window = TWO_DAYS) -> Chunk:
    return Chunk(source, "hourly", (BERLIN, BROCKEN), ("rain", "temperature_2m"), window)


DIGEST = {date(2026, 10, 31): -5, date(2026, 11, 1): 6}
COMMITTED = Attempt(
    chunk(), FIRST, "COMMITTED", "manual__1", RUN[2], MANIFEST, Outcome(95, 1, 0, DIGEST), None, NOW, NOW, generation_id=ROUND
)
FAILED = Attempt(
    chunk(window=Window(date(2026, 11, 1), date(2026, 11, 2))), SECOND, "FAILED", "scheduled__1", RUN[2], MANIFEST,
    message="records are gone", opened_at=NOW, is_unrecoverable=True, generation_id=ROUND,
)  # fmt: skip
EXTRACTED = Attempt(
    chunk(OTHER, Window(date(1999, 12, 31), date(2000, 2, 1))), SECOND + 1, "EXTRACTED", "m", "t", MANIFEST, opened_at=NOW
)
OPEN = Attempt(chunk(OTHER), SECOND + 2, "OPEN", "m", "t", opened_at=NOW)
EVERY = [COMMITTED, FAILED, EXTRACTED, OPEN]


def write_previous(session: Session, keyspace: str) -> None:
    """Tables and rows as the previous release left them."""
    for statement in SCHEMA.read_text(encoding="utf-8").split("\n\n")[1:]:
        session.execute(statement.format(keyspace=keyspace))
    for attempt in EVERY:
        _write(session, keyspace, attempt)
    session.execute(
        f"INSERT INTO {keyspace}.locations (location_id, latitude, longitude, elevation, name) VALUES (%s, %s, %s, %s, %s)",
        ("Brocken", 51.8, 10.6, 1141.0, "Brocken"),
    )
    session.execute(f"INSERT INTO {keyspace}.location_lists (list_id, part, places) VALUES (%s, 0, %s)", (PLANNED_ID, PLANNED))
    rounds = f"INSERT INTO {keyspace}.produce_rounds (dag_id, run_id, task, round, is_done) VALUES (%s, %s, %s, %s, %s)"
    session.execute(rounds, (*RUN, 2, False))
    for version, state in ((FIRST, "open"), (SECOND, "replayed")):
        day = datetime.fromtimestamp(version / 1_000_000, UTC).date()
        session.execute(
            f"INSERT INTO {keyspace}.quarantine "
            '(source, resolution, day, version, topic, partition, "offset", reason, raw, state) '
            "VALUES (%s, 'hourly', %s, %s, 'hourlymetrics', 0, 7, 'type: rain', %s, %s)",
            (SOURCE, day, version, b"raw", state),
        )


def _write(session: Session, keyspace: str, attempt: Attempt) -> None:
    def update(at_us: int, **columns: object) -> None:
        names = ", ".join(f"{name} = %s" for name in columns)
        where = "source = %s AND resolution = %s AND version = %s"
        key = (attempt.chunk.source, attempt.chunk.resolution, attempt.version)
        statement = f"UPDATE {keyspace}.ingest_ledger USING TIMESTAMP {at_us} SET {names} WHERE {where}"
        session.execute(session.prepare(statement.replace("%s", "?")), (*columns.values(), *key))

    asked, window = attempt.chunk, attempt.chunk.window
    update(
        attempt.version,
        attempt_id=attempt.attempt_id,
        status="OPEN",
        window_start=window.start_at,
        window_end=window.end_at,
        locations=[location.location_id for location in asked.locations],
        variables=list(asked.variables),
        asked=asked.asked,
        dag_run=attempt.dag_run,
        task=attempt.task,
        opened_at=NOW,
        round=attempt.generation_id,
    )
    if attempt.manifest:
        update(attempt.version + 10, status="EXTRACTED", manifest=MANIFEST.to_json(), is_spent=False, record_digest=17)
    if attempt.status == "FAILED":
        update(attempt.version + 20, status="FAILED", message=attempt.message, is_spent=attempt.is_unrecoverable, failed_at=NOW)
    if attempt.outcome:
        counts = {"landed": 94, "quarantined": 2, "missing": 0, "row_digest": DIGEST}
        cleared = {"loaded": None, "replayed": None, "message": None}
        update(attempt.version + 20 + HOUR_US, status="COMMITTED", **counts, **cleared, committed_at=NOW)
        moved = {"replayed": {"hourlymetrics/0/9": (date(2026, 11, 1), 3)}, "loaded": Outcome(94, 2, 0, DIGEST).to_json()}
        update(attempt.version + 30 + HOUR_US, landed=95, quarantined=1, missing=0, row_digest=DIGEST, **moved)


@pytest.fixture
def previous(cassandra: StackSettings) -> Settings:
    """Settings of a keyspace that the previous release wrote, one for each test."""
    settings = cassandra.model_copy(update={"cassandra_keyspace": f"previous_{uuid4().hex[:8]}"})
    with connect(settings) as session:
        write_previous(session, settings.cassandra_keyspace)
    return settings


def init(session: Session, settings: Settings, say: Callable[[str], None] = lambda _: None) -> None:
    """What `barograph init` does with tables."""
    create_schema(session, settings)
    migrate(session, settings, say)
    check_schema(session, settings)


def assert_as_before(store: Store) -> None:
    """Every attempt, state, list, generation and quarantined record is as the previous release knew it."""
    ledger = store.ledger
    found = ledger.get([attempt.attempt_id for attempt in EVERY])
    assert found == EVERY
    assert [location.to_json() for location in found[0].chunk.locations] == [BERLIN.to_json(), BROCKEN.to_json()]
    assert ledger.sources() == [(OTHER, "hourly"), (SOURCE, "hourly")]
    assert ledger.newest(SOURCE, "hourly", 9) == [FAILED, COMMITTED]
    day = Window(date(2026, 11, 1), date(2026, 11, 2))
    asked = ledger.overlapping([Chunk(SOURCE, "hourly", (BROCKEN,), ("rain",), day)])
    assert [derive_state(attempt, asked) for attempt in asked] == ["REPLACING", "COMMITTED"]
    for month_day in (date(1999, 12, 31), date(2000, 1, 15), date(2000, 1, 31)):
        cell = Chunk(OTHER, "hourly", (BERLIN,), ("rain",), Window.from_days(month_day, month_day))
        assert ledger.overlapping([cell]) == [EXTRACTED]
    assert ledger.committed_since(SOURCE, "hourly", NOW - timedelta(days=1)) == []  # opened longer before than a commit may come
    assert ledger.unfinished_since(OTHER, "hourly", NOW - timedelta(days=5)) == [OPEN, EXTRACTED]
    assert ledger.replayed(COMMITTED) == {"hourlymetrics/0/9": Replayed(date(2026, 11, 1), 3)}
    assert {row.dag_id for row in ledger.index.asked(SOURCE, "hourly", [202611])} == {RUN[0]}
    assert store.lists.read([PLANNED_ID]) == {PLANNED_ID: (BERLIN, BROCKEN)}
    entered = store.generations.enter(*RUN, is_retry=True, force=False)
    assert (entered.generation_id, store.generations.read_sent(entered)) == (ROUND, [COMMITTED])
    assert [(one.id.version, one.state) for one in store.quarantine.find(Selection())] == [(FIRST, "open"), (SECOND, "replayed")]


def write_times(session: Session, settings: Settings, table: str) -> dict[str, tuple[int, int, int | None]]:
    rows = session.execute(
        "SELECT attempt_id, WRITETIME(status) AS status_us, WRITETIME(asked) AS asked_us, WRITETIME(manifest) AS sent_us "
        f"FROM {settings.cassandra_keyspace}.{table}"
    )
    return {row.attempt_id: (row.status_us, row.asked_us, row.sent_us) for row in rows}


def test_a_store_of_the_previous_release_is_migrated_whole(previous: Settings) -> None:
    told = list[str]()
    with connect(previous) as session:
        before = write_times(session, previous, "ingest_ledger")
        init(session, previous, told.append)
        assert write_times(session, previous, "ingest_ledger") == before
        assert_as_before(Store(session, previous))
        tables = {row.table_name for row in session.execute(
            "SELECT table_name FROM system_schema.tables WHERE keyspace_name = %s", (previous.cassandra_keyspace,)
        )}  # fmt: skip
    assert {"produce_rounds", "ingest_ledger_migrating"} & tables == set()
    assert told[-1] == "ledger: migrated"
    assert "ledger: 4 attempts copied" in told


def test_a_migration_killed_after_any_step_continues_at_the_next_start(previous: Settings) -> None:
    told = list[str]()

    def say(line: str) -> None:
        if line not in told:  # each step is killed the first time that it is told
            told.append(line)
            raise InterruptedError

    with connect(previous) as session:
        for _ in range(20):
            with suppress(InterruptedError):
                init(session, previous, say)
                break
        assert_as_before(Store(session, previous))
    steps = ["location lists", "quarantine", "ledger", "ledger", "produce_rounds", "ledger", "ledger"]
    assert [line.partition(":")[0] for line in told] == steps


def test_what_is_written_while_the_ledger_is_copied_is_not_lost(previous: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(previous) as session:
        late = Attempt(chunk(), SECOND + 9, "OPEN", "m", "t", opened_at=NOW)

        def say(line: str) -> None:
            if line.endswith("attempts copied"):
                _write(session, previous.cassandra_keyspace, late)

        with pytest.raises(StoreUnavailable, match=r"changed while the ledger was copied: stop Airflow .* nothing"):
            init(session, previous, say)
        init(session, previous)
        assert Store(session, previous).ledger.get([late.attempt_id]) == [late]


def test_pages_are_copied_one_after_the_other(previous: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "PAGE", 3)
    told = list[str]()
    with connect(previous) as session:
        init(session, previous, told.append)
        assert_as_before(Store(session, previous))
    assert [line for line in told if line.endswith("copied")] == ["ledger: 3 attempts copied", "ledger: 4 attempts copied"]


def test_a_store_that_is_not_migrated_is_refused_with_the_remedy(previous: Settings) -> None:
    with pytest.raises(StoreRefused, match=r"that of an earlier release, .* run `barograph init`"), open_store(previous):
        pass


def test_a_store_that_is_migrated_is_left_alone(previous: Settings) -> None:
    told = list[str]()
    with connect(previous) as session:
        init(session, previous)
        init(session, previous, told.append)
    assert told == []
