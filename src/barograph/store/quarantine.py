"""The quarantine: reading what cannot land, and what people and replays do with it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final, Protocol

from barograph.errors import RequestRefused
from barograph.model.attempt import Attempt, instant_of
from barograph.model.quarantine import QuarantineId, QuarantineState, Selection
from barograph.model.resolution import Resolution
from barograph.store.attempt_index import AttemptIndex
from barograph.store.queries import Queries

KEY: Final = ("source", "resolution", "day", "version", "topic", "partition", '"offset"')
NOTE: Final = ("reason", "location_id", "state", "attempt_id")
CONTENT: Final = (*NOTE, "raw", "record_key", "headers", "withheld")
KEPT_S: Final = 90 * 24 * 60 * 60
"""How long a record is kept once it has been replayed, in seconds."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One record of the quarantine without its bytes; `sent_by` is its header attempt_id, null where it has none."""

    id: QuarantineId
    reason: str
    location_id: str | None
    state: QuarantineState
    sent_by: str | None

    @property
    def kind(self) -> str:
        """The part of the reason before its first colon: undecodable, foreign, schema, type, out of bounds, key missing."""
        return self.reason.partition(":")[0]


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A quarantined record as it lay in Kafka; null where it had no key or value. Header values are text.

    `withheld` are the variables whose values alone could not land; empty = none of the record did.
    """

    id: QuarantineId
    sent_by: str | None
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, str]]
    withheld: Sequence[str] = ()


Partition = tuple[str, Resolution, date]
"""Source, resolution and the UTC day of the version."""

PAGE: Final = 500
"""Whole records that are in memory at once."""


class NoteRow(Protocol):
    """A row of quarantine as the driver gives it: `KEY` and `NOTE`."""

    source: str
    resolution: Resolution
    version: int
    topic: str
    partition: int
    offset: int
    reason: str
    location_id: str | None
    state: QuarantineState
    attempt_id: str | None


class Quarantine:
    """Reads and writes `quarantine`, and `quarantine_days`: which of its partitions exist.

    Records are written by the load (`loading.tables`), after `enter`.
    """

    def __init__(self, queries: Queries, index: AttemptIndex) -> None:
        self._queries, self._index = queries, index

    def enter(self, attempts: Iterable[Attempt]) -> None:
        """Note the days of `attempts`, before records of them are quarantined."""
        days = {(_day_of(one.version), one.chunk.source, one.chunk.resolution) for one in attempts}
        insert = "INSERT INTO quarantine_days (year, day, source, resolution) VALUES (?, ?, ?, ?)"
        self._queries.write_each(insert, [(day.year, day, source, resolution) for day, source, resolution in sorted(days)])

    def find(self, selection: Selection, days: Sequence[date] | None = None) -> list[Quarantined]:
        """The records that `selection` means, of every state, oldest attempt first; `days` are UTC days of versions (None: all).

        Raises:
            RequestRefused: an id of the selection is not there.
        """
        found = self._read_partitions(self._partitions(selection, days), selection)
        if strange := sorted(set(selection.ids) - {record.id for record in found}):
            raise RequestRefused(f"{strange[0]} is not in the quarantine: `barograph quarantine list` shows what is")
        return found

    def of_attempts(self, attempts: Iterable[Attempt]) -> list[Quarantined]:
        """The records found in the offsets of `attempts`, of every state."""
        found = list[Quarantined]()
        keys = {(one.chunk.source, one.chunk.resolution, one.version) for one in attempts}
        select = (
            f"SELECT {', '.join((*KEY, *NOTE))} FROM quarantine WHERE source = ? AND resolution = ? AND day = ? AND version = ?"
        )
        rows = [(source, resolution, _day_of(version), version) for source, resolution, version in sorted(keys)]
        for records in self._queries.run_each(select, rows):
            found += [_read_note(row) for row in records]
        return sorted(found, key=lambda record: record.id)

    def read(self, ids: Iterable[QuarantineId]) -> list[KeptRecord]:
        """The records of `ids`, which must be there, whole, in order."""
        wanted = list(ids)
        select = f"SELECT attempt_id, record_key, raw, headers, withheld FROM quarantine WHERE {_where()}"
        found = (result.one() for result in self._queries.run_each(select, map(_key, wanted)))
        return [
            KeptRecord(
                *(record_id, row.attempt_id, row.record_key, row.raw),
                list((row.headers or {}).items()),
                tuple(row.withheld or ()),
            )
            for record_id, row in zip(wanted, found, strict=True)
        ]

    def settle(self, ids: Iterable[QuarantineId]) -> None:
        """The records of `ids` have landed: they are called `replayed`, and deleted after `KEPT_S`."""
        wanted = list(ids)
        select = f"SELECT {', '.join(CONTENT)} FROM quarantine WHERE {_where()}"
        columns = (*KEY, *CONTENT)
        insert = f"INSERT INTO quarantine ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) USING TTL {KEPT_S}"

        def settled() -> Iterator[tuple[object, ...]]:
            """The rows of those that are still kept, as replayed."""
            for record_id, result in zip(wanted, self._queries.run_each(select, map(_key, wanted)), strict=True):
                if (row := result.one()) is not None:
                    note = (row.reason, row.location_id, "replayed", row.attempt_id)
                    yield (*_key(record_id), *note, row.raw, row.record_key, row.headers, row.withheld)

        for page in _paged(settled()):
            self._queries.write_each(insert, page)

    def drop(self, ids: Iterable[QuarantineId]) -> None:
        """Delete the records of `ids` from the store; the ledger goes on counting them as quarantined."""
        self._queries.write_each(f"DELETE FROM quarantine WHERE {_where()}", map(_key, list(ids)))

    def _read_partitions(self, partitions: Sequence[Partition], selection: Selection) -> list[Quarantined]:
        select = f"SELECT {', '.join((*KEY, *NOTE))} FROM quarantine WHERE source = ? AND resolution = ? AND day = ?"
        found = list[Quarantined]()
        for rows in self._queries.run_each(select, partitions):
            notes = (_read_note(row) for row in rows)
            found += [note for note in notes if selection.has(note.id, note.reason)]
        return sorted(found, key=lambda record: record.id)

    def _partitions(self, selection: Selection, days: Sequence[date] | None) -> list[Partition]:
        """Source, resolution and day of what `selection` may mean."""
        if selection.ids:
            named = {(record.source, record.resolution, record.day) for record in selection.ids}
            return sorted(key for key in named if days is None or key[2] in days)
        years = {day.year for day in days} if days is not None else self._years()
        rows = self._queries.run_each(
            "SELECT day, source, resolution FROM quarantine_days WHERE year = ?", [(year,) for year in sorted(years)]
        )
        return [
            (row.source, row.resolution, row.day.date())
            for of_year in rows
            for row in of_year
            if selection.source in (None, row.source)
            and selection.resolution in (None, row.resolution)
            and (days is None or row.day.date() in days)
        ]

    def _years(self) -> set[int]:
        """The years in which attempts were opened."""
        return {month // 100 for key in self._index.sources() for month in self._index.months(*key)}


def _day_of(version: int) -> date:
    return instant_of(version).date()


def _read_note(row: NoteRow) -> Quarantined:
    record_id = QuarantineId(row.source, row.resolution, row.version, row.topic, row.partition, row.offset)
    return Quarantined(record_id, row.reason, row.location_id, row.state, row.attempt_id)


def _paged(rows: Iterator[tuple[object, ...]]) -> Iterator[list[tuple[object, ...]]]:
    while page := list(islice(rows, PAGE)):
        yield page


def _where() -> str:
    return " AND ".join(f"{column} = ?" for column in KEY)


def _key(record_id: QuarantineId) -> tuple[object, ...]:
    place = (record_id.topic, record_id.partition, record_id.offset)
    return record_id.source, record_id.resolution, record_id.day, record_id.version, *place
