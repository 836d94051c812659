"""The ledger: one row per attempt, written only by that attempt. It knows what was asked, sent, landed and left out."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from barograph.errors import RequestRefused, StoreUnavailable
from barograph.model.attempt import Attempt, Manifest, Outcome, Replayed, instant_of, month_of, parse_attempt_id, version_at
from barograph.model.chunk import Chunk
from barograph.model.generation import Generation
from barograph.model.resolution import Resolution
from barograph.model.window import Window
from barograph.store.attempt_index import AttemptIndex
from barograph.store.ledger_rows import COLUMNS, LedgerRow, read_attempt, read_outcome
from barograph.store.location_lists import LocationLists
from barograph.store.queries import Queries
from barograph.store.version_clock import MAX_JUMP_US, VersionClock

log = logging.getLogger(__name__)
MAX_MESSAGE: Final = 2000
OPEN_TRIES: Final = 20
COMMIT_LEAD_US: Final = 60 * 60 * 1_000_000
"""How far ahead of the clock COMMITTED is written, so that it beats whatever was decided before it was seen, also by clocks
that differ by less."""

COMPLETED: Final = "+"
"""Before the place of a record in `replayed` whose row had landed with values withheld. No topic begins so."""

LONGEST_WAIT: Final = timedelta(days=31)
"""The longest between the opening of an attempt and its commit: Kafka keeps its records for seven days."""

ROW: Final = "source = ? AND resolution = ? AND month = ? AND version = ?"
"""The row of one attempt; `_key` binds it."""

ROWS_AT_ONCE: Final = 50
"""Rows of one month that one query reads."""

Key = tuple[str, str, int]
"""Source, resolution and version."""


class Ledger:
    """Reads and writes `ingest_ledger`, and finds attempts by `AttemptIndex`.

    Every question is bounded: by keys, by a time since when attempts were opened, or by the cells that they asked for.
    """

    def __init__(self, queries: Queries, lists: LocationLists, clock: VersionClock) -> None:
        self._queries, self._lists, self._versions = queries, lists, clock
        self.index = AttemptIndex(queries, lists)
        self._clock: Callable[[], int] = clock.now_us

    def open(self, chunk: Chunk, dag_run: str, task: str, generation: Generation | None = None) -> Attempt:
        """A fresh attempt at `chunk`, OPEN in the ledger; `generation` = None: it belongs to none.

        Its version is the newest there: one that was overtaken between the version clock and the ledger is given up, since the
        overtaker did not see it when it decided which nulls to write. For the same reason it is findable by its window before
        it is looked for newer ones.

        Raises:
            ClockBehind, ClockAhead, StoreUnavailable: see `VersionClock.next`.
        """
        list_id = self._lists.keep(chunk.locations)
        generation_id = generation.generation_id if generation else None
        for _ in range(OPEN_TRIES):
            version = self._versions.next(chunk.source)
            attempt = Attempt(chunk, version, "OPEN", dag_run, task, generation_id=generation_id)
            self.index.add(attempt, list_id, generation)
            if generation:
                self._queries.run(
                    "INSERT INTO generation_attempts (dag_id, run_id, task, generation, source, resolution, version) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    *(generation.dag_id, generation.run_id, generation.task, generation.number),
                    *(chunk.source, chunk.resolution, version),
                )
            self._write(
                attempt,
                attempt_id=attempt.attempt_id,
                status="OPEN",
                window_start=chunk.window.start_at,
                window_end=chunk.window.end_at,
                list_id=list_id,
                location_count=len(chunk.locations),
                variables=list(chunk.variables),
                asked=chunk.asked,
                time_rule=chunk.time_rule,
                dag_run=dag_run,
                task=task,
                generation=generation_id,
                opened_at=datetime.now(UTC),
            )
            if not self._is_overtaken(attempt):
                return attempt
            self.mark_failed(attempt, "overtaken by a newer attempt before it began; it goes on under a newer version")
        raise StoreUnavailable(f"{chunk}: overtaken {OPEN_TRIES} times while opening: try again")

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

        Counts and digests are computed from the load's own and everything replayed since: a record counts once however often
        it is given, and two replays at once end with both counted. Returns the outcome as it is then.
        """
        update = (
            "UPDATE ingest_ledger USING TIMESTAMP ? SET replayed = replayed + ?, loaded = ?, landed = ?, quarantined = ?, "
            f"missing = ?, flagged = ?, row_digest = ? WHERE {ROW}"
        )
        before, loaded = self._read_replayed(attempt)
        while True:
            known = {**before, **records}
            now = loaded.with_replayed(known.values())
            added = {_key_of(place, record): (record.day, record.row_hash) for place, record in records.items()}
            counts = (loaded.to_json(), now.landed, now.quarantined, now.missing, now.flagged, dict(now.row_digest))
            write_at_us = max(self._clock(), self._read_last(attempt, "landed")[1] + 1)
            self._queries.run(update, write_at_us, added, *counts, *_key(attempt))
            before, loaded = self._read_replayed(attempt)
            if before.keys() <= known.keys():
                return now

    def _read_replayed(self, attempt: Attempt) -> tuple[dict[str, Replayed], Outcome]:
        """What was replayed of `attempt`, and its outcome as loaded."""
        row = self._queries.run(f"SELECT {COLUMNS}, loaded, replayed FROM ingest_ledger WHERE {ROW}", *_key(attempt)).one()
        outcome = Outcome.from_json(row.loaded) if row.loaded else read_outcome(row)
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
            RequestRefused: one is not in the ledger.
        """
        ids = list(attempt_ids)
        known = {attempt.attempt_id: attempt for attempt in self.find(map(parse_attempt_id, ids))}
        strange = next((one for one in ids if one not in known), None)
        if strange is not None:
            raise RequestRefused(f"attempt {strange} is not in the ledger: clear the produce task, it opens a new one")
        return [known[one] for one in ids]

    def find(self, keys: Iterable[Key]) -> list[Attempt]:
        """Those attempts of these keys that are in the ledger, newest first."""
        rows = self._find_rows(COLUMNS, keys)
        return self._read(rows)

    def newest(self, source: str, resolution: Resolution, limit: int, since: datetime | None = None) -> list[Attempt]:
        """The newest `limit` attempts, opened at `since` or later; newest first."""
        oldest, rows = version_at(since) if since else 0, list[LedgerRow]()
        for month in self.index.months(source, resolution, month_of(oldest)):
            select = (
                f"SELECT {COLUMNS} FROM ingest_ledger WHERE source = ? AND resolution = ? AND month = ? AND version >= ? LIMIT ?"
            )
            rows += self._queries.run(select, source, resolution, month, oldest, limit - len(rows))
            if len(rows) >= limit:
                break
        return self._read(rows)

    def opened_after(self, source: str, resolution: Resolution, version: int) -> list[Attempt]:
        """The attempts of a higher version, newest first."""
        rows = self._scan("version", source, resolution, instant_of(version + 1))
        return self.find((source, resolution, row.version) for row in rows)

    def unfinished_since(self, source: str, resolution: Resolution, since: datetime) -> list[Attempt]:
        """The attempts opened at `since` or later that are not committed, newest first."""
        rows = self._scan("version, status", source, resolution, since)
        return self.find((source, resolution, row.version) for row in rows if row.status != "COMMITTED")

    def committed_since(self, source: str, resolution: Resolution, since: datetime) -> list[Attempt]:
        """The attempts committed at `since` or later, newest first; see `LONGEST_WAIT`."""
        after = since.replace(tzinfo=None)  # the driver gives instants without zone
        rows = self._scan("version, status, committed_at", source, resolution, since - LONGEST_WAIT)
        committed = (row for row in rows if row.status == "COMMITTED" and row.committed_at and row.committed_at >= after)
        return self.find((source, resolution, row.version) for row in committed)

    def overlapping(self, chunks: Sequence[Chunk]) -> list[Attempt]:
        """Every attempt that asked for a cell of any of `chunks` (of one source and resolution), newest first."""
        if not chunks:
            return []
        source, resolution = chunks[0].source, chunks[0].resolution
        return self.find((source, resolution, version) for version in self.index.overlapping(chunks))

    def newest_covering(self, source: str, resolution: Resolution, window: Window) -> Attempt | None:
        """The newest committed attempt whose window holds `window`; None = there is none."""
        versions = [
            asked.version
            for asked in self.index.asked(source, resolution, window.months)
            if asked.window.start <= window.start and window.end <= asked.window.end
        ]
        for start in range(0, len(versions), ROWS_AT_ONCE):
            found = self.find((source, resolution, version) for version in versions[start : start + ROWS_AT_ONCE])
            if committed := next((attempt for attempt in found if attempt.status == "COMMITTED"), None):
                return committed
        return None

    def sources(self) -> list[tuple[str, Resolution]]:
        """Every (source, resolution) that has attempts."""
        return self.index.sources()

    def _scan(self, columns: str, source: str, resolution: Resolution, since: datetime) -> Iterator[LedgerRow]:
        """`columns` of the attempts opened at `since` or later, newest first, page by page."""
        oldest = max(0, version_at(since))
        select = f"SELECT {columns} FROM ingest_ledger WHERE source = ? AND resolution = ? AND month = ? AND version >= ?"
        for month in self.index.months(source, resolution, month_of(oldest)):
            yield from self._queries.run(select, source, resolution, month, oldest)

    def _find_rows(self, columns: str, keys: Iterable[Key]) -> list[LedgerRow]:
        by_month = dict[tuple[str, str, int], list[int]]()
        for source, resolution, version in keys:
            by_month.setdefault((source, resolution, month_of(version)), []).append(version)
        select = f"SELECT {columns} FROM ingest_ledger WHERE source = ? AND resolution = ? AND month = ? AND version IN ?"
        slices = [
            (*month, versions[start : start + ROWS_AT_ONCE])
            for month, versions in by_month.items()
            for start in range(0, len(versions), ROWS_AT_ONCE)
        ]
        return [row for rows in self._queries.run_each(select, slices) for row in rows]

    def _read(self, rows: Sequence[LedgerRow]) -> list[Attempt]:
        lists = self._lists.read(row.list_id for row in rows if row.list_id)
        return sorted((read_attempt(row, lists) for row in rows), key=lambda attempt: -attempt.version)

    def _is_overtaken(self, attempt: Attempt) -> bool:
        """Whether a newer attempt is in the ledger already; a version far ahead is of a wrong clock, and overtakes nothing."""
        latest = max(self._clock(), attempt.version) + MAX_JUMP_US
        select = (
            "SELECT version FROM ingest_ledger WHERE source = ? AND resolution = ? AND month = ? AND version > ? AND version < ? "
            "LIMIT 1"
        )
        key = (attempt.chunk.source, attempt.chunk.resolution)
        months = sorted({month_of(attempt.version), month_of(self._clock()), month_of(latest)})
        return any(self._queries.run(select, *key, month, attempt.version, latest).one() is not None for month in months)

    def _write(self, attempt: Attempt, *, lead_us: int = 0, **columns: object) -> None:
        """Write `columns`, unless the attempt is committed: that nothing changes any more, whoever wakes up late."""
        now_us = self._clock()  # before the row is read: what is committed after that is written at a later time
        status, last_us = self._read_last(attempt, "status")
        if status == "COMMITTED":
            log.info("attempt %s is committed already: %s is not noted", attempt.attempt_id, columns["status"])
            return
        names = ", ".join(f"{name} = ?" for name in columns)
        update = f"UPDATE ingest_ledger USING TIMESTAMP ? SET {names} WHERE {ROW}"
        self._queries.run(update, max(now_us, last_us + 1) + lead_us, *columns.values(), *_key(attempt))

    def _read_last(self, attempt: Attempt, column: str) -> tuple[object, int]:
        """The value of `column` and its write timestamp; a write after that hides no news, however clocks were set."""
        select = f"SELECT {column} AS value, WRITETIME({column}) AS written_at_us FROM ingest_ledger WHERE {ROW}"
        row = self._queries.run(select, *_key(attempt)).one()
        return (None, -1) if row is None or row.written_at_us is None else (row.value, int(row.written_at_us))


def _key_of(place: str, record: Replayed) -> str:
    return f"{COMPLETED}{place}" if record.is_completion else place


def _key(attempt: Attempt) -> tuple[str, Resolution, int, int]:
    return attempt.chunk.source, attempt.chunk.resolution, month_of(attempt.version), attempt.version
