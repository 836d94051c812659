"""A ledger of many attempts, written directly, and the questions that tasks and people ask it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from barograph.gaps import plan_gaps
from barograph.loading.batch import make_batches
from barograph.model.attempt import Attempt, Manifest, Outcome, Status, month_of, version_at
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.overlap import OverlapIndex
from barograph.model.revision_window import days_before, reach_back
from barograph.model.state import derive_state
from barograph.model.window import Window
from barograph.store.attempt_index import ALL
from barograph.store.missing import read_missing
from barograph.store.store import Store

SOURCE: Final = "bench/ledger"
VARIABLES: Final = ("temperature_2m", "relative_humidity_2m", "precipitation", "rain", "surface_pressure")
BATCH: Final = 500
BATCHES: Final = 40
"""Attempts a day: 20,000 locations, 500 in each."""

REVISION_DAYS: Final = 3
REASON: Final = "the source was away"


@dataclass(frozen=True, slots=True)
class LedgerAge:
    """A store in which the daily run was made on `days` days, the last of which is `last_day`; `list_ids` by batch."""

    days: int
    last_day: date
    list_ids: tuple[str, ...]


def batch(number: int) -> tuple[Location, ...]:
    """The 500 locations of a batch."""
    return tuple(Location(f"{number}.{place:03}".rstrip("0").rstrip("."), "7.5") for place in range(BATCH))


def write_ledger(store: Store, attempts: int, last_day: date) -> LedgerAge:
    """At least `attempts` attempts of daily runs up to `last_day`, each of 500 locations with the three days before.

    All are committed, but for the last day: one attempt each is FAILED, OPEN and EXTRACTED.
    """
    days = -(-attempts // BATCHES)
    lists = {store.lists.keep(batch(number)): batch(number) for number in range(BATCHES)}
    age = LedgerAge(days, last_day, tuple(lists))
    months = {month_of(version_at(_opened_at(age, back, 0))) for back in range(days)}
    insert = "INSERT INTO ledger_months (scope, source, resolution, month) VALUES (?, ?, ?, ?)"
    store.queries.write_each(insert, [(ALL, SOURCE, "hourly", month) for month in sorted(months)])
    store.queries.write_each(
        "INSERT INTO attempts_by_window (source, resolution, window_month, version, window_start, window_end, list_id, "
        "variables, dag_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        _window_rows(age),
    )
    columns = (
        "source, resolution, month, version, attempt_id, status, window_start, window_end, list_id, location_count, variables, "
        "manifest, asked, landed, quarantined, missing, row_digest, dag_run, task, generation, message, opened_at, committed_at"
    )
    marks = ", ".join("?" * len(columns.split(",")))
    store.queries.write_each(f"INSERT INTO ingest_ledger ({columns}) VALUES ({marks})", _ledger_rows(age))  # noqa: S608  # names of ours
    return age


def _opened_at(age: LedgerAge, back: int, number: int) -> datetime:
    """When attempt `number` of the day `back` days before the last was opened: the night after, a second each."""
    day = datetime.combine(age.last_day - timedelta(days=back - 1), datetime.min.time(), UTC)
    return day + timedelta(minutes=10, seconds=number)


def _attempts(age: LedgerAge) -> Iterator[tuple[Attempt, str]]:
    """Every attempt with the id of its list of locations; the locations themselves are left out."""
    for back in range(age.days):
        day = age.last_day - timedelta(days=back)
        window = Window(day - timedelta(days=REVISION_DAYS), day + timedelta(days=1))
        for number, list_id in enumerate(age.list_ids):
            status: Status = "COMMITTED"
            if back == 0 and number < 3:
                status = ("FAILED", "OPEN", "EXTRACTED")[number]
            opened_at = _opened_at(age, back, number)
            is_sent = status in {"EXTRACTED", "COMMITTED"}
            asked = BATCH * window.count("hourly")
            digest = {window.start + timedelta(days=one): number for one in range(window.days)}
            yield (
                Attempt(
                    Chunk(SOURCE, "hourly", (), VARIABLES, window),
                    version_at(opened_at),
                    status,
                    f"scheduled__{day}",
                    "produce_hourly_metrics",
                    Manifest("hourlymetrics", "AAAAAAAAAAAAAAAAAAAAAA", dict.fromkeys(range(4), (1, 12001)), asked, 7)
                    if is_sent
                    else None,
                    Outcome(asked, 0, 0, digest) if status == "COMMITTED" else None,
                    REASON if status == "FAILED" else None,
                    opened_at,
                    opened_at if status == "COMMITTED" else None,
                ),
                list_id,
            )


def _window_rows(age: LedgerAge) -> Iterator[tuple[object, ...]]:
    for attempt, list_id in _attempts(age):
        window = attempt.chunk.window
        asked = (window.start, window.end, list_id, list(VARIABLES), "weather_data_dag")
        for month in window.months:
            yield SOURCE, "hourly", month, attempt.version, *asked


def _ledger_rows(age: LedgerAge) -> Iterator[tuple[object, ...]]:
    for attempt, list_id in _attempts(age):
        window, outcome = attempt.chunk.window, attempt.outcome
        counts = (outcome.landed, 0, 0, dict(outcome.row_digest)) if outcome else (None, None, None, None)
        yield (
            *(SOURCE, "hourly", month_of(attempt.version), attempt.version, attempt.attempt_id, attempt.status),
            *(window.start_at, window.end_at, list_id, BATCH, list(VARIABLES)),
            attempt.manifest.to_json() if attempt.manifest else None,
            BATCH * window.count("hourly"),
            *counts,
            *(attempt.dag_run, attempt.task, f"weather_data_dag/{attempt.dag_run}/{attempt.task}/1", attempt.message),
            *(attempt.opened_at, attempt.committed_at),
        )


def ask_plan(store: Store, last_day: date) -> int:
    """A daily run's question for all 20,000 locations: from which day on; the days that it asks for."""
    everywhere = tuple(location for number in range(BATCHES) for location in batch(number))
    day = Window.from_days(last_day + timedelta(days=1), last_day + timedelta(days=1))
    question = Chunk(SOURCE, "hourly", everywhere, VARIABLES, day)
    known = store.ledger.overlapping([days_before(question, REVISION_DAYS)])
    return reach_back(question, known, REVISION_DAYS).window.days


def ask_load(store: Store, last_day: date) -> int:
    """What a load of the last day's attempts is planned with; how many neighbours they have."""
    attempts = store.ledger.newest(SOURCE, "hourly", BATCHES)
    return sum(len(older) for batch in make_batches(attempts, store.ledger) for older in batch.older.values())


def ask_audit(store: Store, last_day: date) -> int:
    """What an audit of the last seven days is planned with; how many attempts it compares."""
    since = datetime.combine(last_day - timedelta(days=6), datetime.min.time(), UTC)
    attempts = store.ledger.committed_since(SOURCE, "hourly", since)
    return sum(len(batch.attempts) for batch in make_batches(attempts, store.ledger))


def ask_fill(store: Store, last_day: date) -> int:
    """What is missing in the last 35 days; how many gaps and attempts."""
    now = datetime.combine(last_day + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=12)
    found = [read_missing(store, *key, lambda _: True, now) for key in store.ledger.sources()]
    plan = plan_gaps(found, now, store.settings)
    return len(plan.load) + len(plan.ask) + len(plan.refused) + len(plan.running)


def ask_ledger(store: Store, last_day: date) -> int:
    """What `barograph ledger` shows: the newest 20 attempts with their states; how many."""
    attempts = store.ledger.newest(SOURCE, "hourly", 20)
    overlaps = OverlapIndex(store.ledger.overlapping([attempt.chunk for attempt in attempts]))
    return len([derive_state(attempt, overlaps.of(attempt)) for attempt in attempts])


def ask_explain(store: Store, last_day: date) -> int:
    """Who asked for one cell; how many attempts."""
    day = last_day - timedelta(days=REVISION_DAYS)
    cell = Chunk(SOURCE, "hourly", batch(7)[:1], VARIABLES[:1], Window.from_days(day, day))
    return len(store.ledger.overlapping([cell]))


QUESTIONS: Final[Mapping[str, Callable[[Store, date], int]]] = {
    "plan": ask_plan,
    "load": ask_load,
    "audit": ask_audit,
    "fill": ask_fill,
    "ledger": ask_ledger,
    "explain": ask_explain,
}
