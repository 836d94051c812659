"""The ledger: one row per attempt, written only by that attempt. It knows what was asked, sent, landed and left out."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

from cassandra.cluster import Session

from barograph.errors import RequestRefused, StoreUnavailable
from barograph.model.attempt import Attempt, Manifest, Outcome, Status, parse_attempt_id
from barograph.model.location import Location
from barograph.model.unit import Unit
from barograph.model.variables import Resolution
from barograph.model.window import Window
from barograph.store.version_clock import next_version, now_us

MAX_MESSAGE: Final = 2000
OPEN_ROUNDS: Final = 20


class LedgerRow(Protocol):
    """A row of ingest_ledger as the driver gives it."""

    source: str
    resolution: Resolution
    version: int
    status: Status
    window_start: datetime
    window_end: datetime
    locations: list[str]
    variables: list[str]
    manifest: str | None
    landed: int | None
    quarantined: int | None
    missing: int | None
    row_digest: Mapping[object, int] | None
    dag_run: str
    task: str
    message: str | None


class Ledger:
    """Reads and writes `ingest_ledger`."""

    def __init__(self, session: Session, keyspace: str) -> None:
        self._session, self._keyspace = session, keyspace
        self._table = f"{keyspace}.ingest_ledger"

    def open(self, unit: Unit, dag_run: str, task: str) -> Attempt:
        """A fresh attempt at `unit`, OPEN in the ledger.

        Its version is the newest there: one that was overtaken between the version clock and the ledger is given up, since the
        overtaker did not see it when it decided which nulls to write.

        Raises:
            ClockBehind, StoreUnavailable: see `next_version`.
        """
        for _ in range(OPEN_ROUNDS):
            attempt = Attempt(unit, next_version(self._session, self._keyspace, unit.source), "OPEN", dag_run, task)
            self._write(
                attempt,
                attempt_id=attempt.attempt_id,
                status="OPEN",
                window_start=unit.window.start_at,
                window_end=unit.window.end_at,
                locations=[location.location_id for location in unit.locations],
                variables=list(unit.variables),
                asked=unit.asked,
                dag_run=dag_run,
                task=task,
                opened_at=datetime.now(UTC),
            )
            if not self._is_overtaken(attempt):
                return attempt
            self.mark_failed(attempt, "overtaken by a newer attempt before it began; it goes on under a newer version")
        raise StoreUnavailable(f"{unit}: overtaken {OPEN_ROUNDS} times while opening: try again")

    def mark_extracted(self, attempt: Attempt, manifest: Manifest) -> None:
        """Kafka has acknowledged every record of `attempt`."""
        self._write(
            attempt,
            status="EXTRACTED",
            manifest=manifest.to_json(),
            record_digest=manifest.record_digest,
            extracted_at=datetime.now(UTC),
        )

    def mark_committed(self, attempt: Attempt, outcome: Outcome) -> None:
        """The tables hold what the manifest says, read back and compared."""
        self._write(
            attempt,
            status="COMMITTED",
            landed=outcome.landed,
            quarantined=outcome.quarantined,
            missing=outcome.missing,
            row_digest=dict(outcome.row_digest),
            message=None,
            committed_at=datetime.now(UTC),
        )

    def mark_failed(self, attempt: Attempt, message: str) -> None:
        """The attempt ended red, and why."""
        self._write(attempt, status="FAILED", message=message[:MAX_MESSAGE], failed_at=datetime.now(UTC))

    def get(self, attempt_ids: Iterable[str]) -> list[Attempt]:
        """These attempts, in order.

        Raises:
            RequestRefused: one is not in the ledger.
        """
        query = self._session.prepare(f"SELECT * FROM {self._table} WHERE source = ? AND resolution = ? AND version = ?")
        attempts = []
        for attempt_id in attempt_ids:
            row = self._session.execute(query, parse_attempt_id(attempt_id)).one()
            if row is None:
                raise RequestRefused(f"attempt {attempt_id} is not in the ledger: clear the produce task, it opens a new one")
            attempts.append(read_attempt(row))
        return attempts

    def history(self, source: str, resolution: Resolution) -> list[Attempt]:
        """Every attempt at `source` and `resolution`, newest first."""
        query = self._session.prepare(f"SELECT * FROM {self._table} WHERE source = ? AND resolution = ?")
        return [read_attempt(row) for row in self._session.execute(query, (source, resolution))]

    def sources(self) -> list[tuple[str, Resolution]]:
        """Every (source, resolution) that has attempts."""
        rows = self._session.execute(f"SELECT DISTINCT source, resolution FROM {self._table}")
        return sorted((row.source, row.resolution) for row in rows)

    def _is_overtaken(self, attempt: Attempt) -> bool:
        query = self._session.prepare(
            f"SELECT version FROM {self._table} WHERE source = ? AND resolution = ? AND version > ? LIMIT 1"
        )
        return self._session.execute(query, (attempt.unit.source, attempt.unit.resolution, attempt.version)).one() is not None

    def _write(self, attempt: Attempt, **columns: object) -> None:
        names = ", ".join(f"{name} = ?" for name in columns)
        update = self._session.prepare(
            f"UPDATE {self._table} USING TIMESTAMP ? SET {names} WHERE source = ? AND resolution = ? AND version = ?"
        )
        key = (attempt.unit.source, attempt.unit.resolution, attempt.version)
        self._session.execute(update, (self._next_write_time(key), *columns.values(), *key))

    def _next_write_time(self, key: tuple[str, Resolution, int]) -> int:
        """Microseconds, after every earlier write to the row: a clock set back must not let an old status win."""
        query = self._session.prepare(
            f"SELECT WRITETIME(status) AS written_at FROM {self._table} WHERE source = ? AND resolution = ? AND version = ?"
        )
        row = self._session.execute(query, key).one()
        return now_us() if row is None else max(now_us(), row.written_at + 1)


def read_attempt(row: LedgerRow) -> Attempt:
    """The attempt that a ledger row tells of."""
    outcome = None
    if row.landed is not None and row.quarantined is not None and row.missing is not None:
        digests = {day.date(): digest for day, digest in (row.row_digest or {}).items()}  # type: ignore[attr-defined]  # cassandra.util.Date
        outcome = Outcome(row.landed, row.quarantined, row.missing, digests)
    unit = Unit(
        row.source,
        row.resolution,
        tuple(Location.from_id(location_id) for location_id in row.locations),
        tuple(row.variables),
        Window(row.window_start.date(), row.window_end.date()),
    )
    manifest = Manifest.from_json(row.manifest) if row.manifest else None
    return Attempt(unit, row.version, row.status, row.dag_run, row.task, manifest, outcome, row.message)
