"""The ledger: one row per attempt, written only by that attempt. It knows what was asked, sent, landed and left out."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from cassandra.cluster import ResultSet, Session
from cassandra.concurrent import execute_concurrent_with_args

from barograph.errors import RequestRefused, StoreUnavailable
from barograph.model.attempt import Attempt, Manifest, Outcome, Replayed, parse_attempt_id
from barograph.model.chunk import Chunk
from barograph.model.resolution import Resolution
from barograph.store.ledger_rows import LedgerRow, read_attempt
from barograph.store.version_clock import next_version, now_us

log = logging.getLogger(__name__)
MAX_MESSAGE: Final = 2000
CONCURRENCY: Final = 64
OPEN_ROUNDS: Final = 20
COMMIT_LEAD_US: Final = 60 * 60 * 1_000_000
"""How far ahead of the clock COMMITTED is written, so that it beats whatever was decided before it was seen, also by clocks
that differ by less."""

COMPLETED: Final = "+"
"""Before the place of a record in `replayed` whose row had landed with values withheld. No topic begins so."""

ONE: Final = "source = ? AND resolution = ? AND version = ?"
"""The row of one attempt; `_key` binds it."""


class Ledger:
    """Reads and writes `ingest_ledger`; `clock` gives microseconds since 1970."""

    def __init__(self, session: Session, keyspace: str, clock: Callable[[], int] = now_us) -> None:
        self._session, self._keyspace, self._clock = session, keyspace, clock
        self._table = f"{keyspace}.ingest_ledger"

    def open(self, chunk: Chunk, dag_run: str, task: str, generation_id: str | None = None) -> Attempt:
        """A fresh attempt at `chunk`, OPEN in the ledger; `generation_id` is that of its `Generation`, None = it belongs to none.

        Its version is the newest there: one that was overtaken between the version clock and the ledger is given up, since the
        overtaker did not see it when it decided which nulls to write.

        Raises:
            ClockBehind, StoreUnavailable: see `next_version`.
        """
        for _ in range(OPEN_ROUNDS):
            attempt = Attempt(
                chunk, next_version(self._session, self._keyspace, chunk.source, self._clock), "OPEN", dag_run, task
            )
            self._write(
                attempt,
                attempt_id=attempt.attempt_id,
                status="OPEN",
                window_start=chunk.window.start_at,
                window_end=chunk.window.end_at,
                locations=[location.location_id for location in chunk.locations],
                variables=list(chunk.variables),
                asked=chunk.asked,
                time_rule=chunk.time_rule,
                dag_run=dag_run,
                task=task,
                opened_at=datetime.now(UTC),
                round=generation_id,
            )
            if not self._is_overtaken(attempt):
                return attempt
            self.mark_failed(attempt, "overtaken by a newer attempt before it began; it goes on under a newer version")
        raise StoreUnavailable(f"{chunk}: overtaken {OPEN_ROUNDS} times while opening: try again")

    def mark_extracted(self, attempt: Attempt, manifest: Manifest) -> None:
        """Kafka has acknowledged every record of `attempt`."""
        self._write(
            attempt,
            status="EXTRACTED",
            manifest=manifest.to_json(),
            is_unrecoverable=False,
            record_digest=manifest.record_digest,
            extracted_at=datetime.now(UTC),
        )

    def mark_committed(self, attempt: Attempt, outcome: Outcome) -> None:
        """The tables hold what the manifest says, read back and compared. This is final: nothing changes it any more."""
        self._write(
            attempt,
            lead_us=COMMIT_LEAD_US,
            status="COMMITTED",
            landed=outcome.landed,
            quarantined=outcome.quarantined,
            missing=outcome.missing,
            flagged=outcome.flagged,
            row_digest=dict(outcome.row_digest),
            loaded=None,
            replayed=None,
            message=None,
            committed_at=datetime.now(UTC),
        )

    def replayed(self, attempt: Attempt) -> dict[str, Replayed]:
        """What was replayed of `attempt` since its load, by place in Kafka."""
        return self._read_replayed(attempt)[0]

    def mark_replayed(self, attempt: Attempt, records: Mapping[str, Replayed]) -> Outcome:
        """Move `records` (by place in Kafka) out of the quarantined ones of `attempt`, which must be committed.

        Counts and digests are made anew from the load's own and everything replayed since: a record counts once however often
        it is given, and two replays at once end with both counted. Returns the outcome that stands now.
        """
        update = self._session.prepare(
            f"UPDATE {self._table} USING TIMESTAMP ? SET replayed = replayed + ?, loaded = ?, landed = ?, quarantined = ?, "
            f"missing = ?, flagged = ?, row_digest = ? WHERE {ONE}"
        )
        before, loaded = self._read_replayed(attempt)
        while True:
            known = {**before, **records}
            now = loaded.with_replayed(known.values())
            added = {_key_of(place, record): (record.day, record.row_hash) for place, record in records.items()}
            counts = (loaded.to_json(), now.landed, now.quarantined, now.missing, now.flagged, dict(now.row_digest))
            write_at_us = max(self._clock(), self._read_last(attempt, "landed")[1] + 1)
            self._session.execute(update, (write_at_us, added, *counts, *_key(attempt)))
            before, loaded = self._read_replayed(attempt)
            if before.keys() <= known.keys():
                return now

    def _read_replayed(self, attempt: Attempt) -> tuple[dict[str, Replayed], Outcome]:
        """What was replayed of `attempt`, and its outcome as loaded."""
        query = self._session.prepare(f"SELECT * FROM {self._table} WHERE {ONE}")
        row = self._session.execute(query, _key(attempt)).one()
        outcome = Outcome.from_json(row.loaded) if row.loaded else read_attempt(row).outcome
        if outcome is None:
            raise RequestRefused(f"attempt {attempt.attempt_id} is {row.status}: clear its load task first")
        replayed = {
            place.removeprefix(COMPLETED): Replayed(day.date(), row_hash, place.startswith(COMPLETED))
            for place, (day, row_hash) in (row.replayed or {}).items()
        }
        return replayed, outcome

    def mark_failed(self, attempt: Attempt, message: str, *, is_unrecoverable: bool = False) -> None:
        """The attempt ended red, and why; an attempt that is committed by now stays so. `is_unrecoverable`: see `Attempt`."""
        failed_at, said = datetime.now(UTC), message[:MAX_MESSAGE]
        self._write(attempt, status="FAILED", message=said, is_unrecoverable=is_unrecoverable, failed_at=failed_at)

    def get(self, attempt_ids: Iterable[str]) -> list[Attempt]:
        """These attempts, in order.

        Raises:
            RequestRefused: one is not an id, or not in the ledger.
        """
        ids = list(attempt_ids)
        found = {attempt.attempt_id: attempt for attempt in self.find(ids)}
        if strange := next((one for one in ids if one not in found), None):
            raise RequestRefused(f"attempt {strange} is not in the ledger: clear the produce task, it opens a new one")
        return [found[one] for one in ids]

    def find(self, attempt_ids: Iterable[str]) -> list[Attempt]:
        """Those of these attempts that the ledger knows.

        Raises:
            RequestRefused: one is not an id.
        """
        query = self._session.prepare(f"SELECT * FROM {self._table} WHERE {ONE}")
        keys = [parse_attempt_id(one) for one in attempt_ids]
        results = execute_concurrent_with_args(self._session, query, keys, concurrency=CONCURRENCY, raise_on_first_error=True)
        rows = [_one(result) for _, result in results]
        return [read_attempt(row) for row in rows if row is not None]

    def history(self, source: str, resolution: Resolution, newer_than: int = -1) -> list[Attempt]:
        """Every attempt at `source` and `resolution` with a version above `newer_than`, newest first."""
        query = self._session.prepare(f"SELECT * FROM {self._table} WHERE source = ? AND resolution = ? AND version > ?")
        return [read_attempt(row) for row in self._session.execute(query, (source, resolution, newer_than))]

    def sources(self) -> list[tuple[str, Resolution]]:
        """Every (source, resolution) that has attempts."""
        rows = self._session.execute(f"SELECT DISTINCT source, resolution FROM {self._table}")
        return sorted((row.source, row.resolution) for row in rows)

    def _is_overtaken(self, attempt: Attempt) -> bool:
        query = self._session.prepare(
            f"SELECT version FROM {self._table} WHERE source = ? AND resolution = ? AND version > ? LIMIT 1"
        )
        return self._session.execute(query, _key(attempt)).one() is not None

    def _write(self, attempt: Attempt, *, lead_us: int = 0, **columns: object) -> None:
        """Write `columns`, unless the attempt is committed: that nothing changes any more, whoever wakes up late."""
        now_us = self._clock()  # before the row is read: what is committed after that is written at a later time
        status, last_us = self._read_last(attempt, "status")
        if status == "COMMITTED":
            log.info("attempt %s is committed already: %s is not noted", attempt.attempt_id, columns["status"])
            return
        names = ", ".join(f"{name} = ?" for name in columns)
        update = self._session.prepare(f"UPDATE {self._table} USING TIMESTAMP ? SET {names} WHERE {ONE}")
        self._session.execute(update, (max(now_us, last_us + 1) + lead_us, *columns.values(), *_key(attempt)))

    def _read_last(self, attempt: Attempt, column: str) -> tuple[object, int]:
        """The value of `column` and its write timestamp; a write after that hides no news, however clocks were set."""
        query = self._session.prepare(
            f"SELECT {column} AS value, WRITETIME({column}) AS written_at_us FROM {self._table} WHERE {ONE}"
        )
        row = self._session.execute(query, _key(attempt)).one()
        return (None, -1) if row is None or row.written_at_us is None else (row.value, int(row.written_at_us))


def _key_of(place: str, record: Replayed) -> str:
    return f"{COMPLETED}{place}" if record.is_completion else place


def _key(attempt: Attempt) -> tuple[str, Resolution, int]:
    return attempt.chunk.source, attempt.chunk.resolution, attempt.version


def _one(result: ResultSet) -> LedgerRow | None:
    row: LedgerRow | None = result.one()
    return row
