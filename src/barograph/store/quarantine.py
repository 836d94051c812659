"""The quarantine: reading what cannot land, and the states that people and replays give it. Nothing is deleted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cassandra.cluster import Session
from cassandra.util import Date

from barograph.errors import RequestRefused
from barograph.model.attempt import Attempt
from barograph.model.quarantine import QuarantineId, QuarantineState, Selection

KEY: Final = ("source", "resolution", "day", "version", "topic", "partition", '"offset"')
NOTE: Final = ("reason", "location_id", "state", "attempt_id")


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


class Quarantine:
    """Reads and writes `quarantine`."""

    def __init__(self, session: Session, keyspace: str) -> None:
        self._session, self._table = session, f"{keyspace}.quarantine"

    def find(self, selection: Selection, days: Sequence[date] | None = None) -> list[Quarantined]:
        """The records that `selection` means, of every state, oldest attempt first; `days` are UTC days of versions (None: all).

        Raises:
            RequestRefused: an id of the selection is not there.
        """
        query = self._session.prepare(
            f"SELECT {', '.join((*KEY, *NOTE))} FROM {self._table} WHERE source = ? AND resolution = ? AND day = ?"
        )
        found = []
        for source, resolution, day in self._partitions(selection):
            if days is None or day.date() in days:
                for row in self._session.execute(query, (source, resolution, day)):
                    record_id = QuarantineId(row.source, row.resolution, row.version, row.topic, row.partition, row.offset)
                    if selection.has(record_id, row.reason):
                        found.append(Quarantined(record_id, row.reason, row.location_id, row.state, row.attempt_id))
        if strange := sorted(set(selection.ids) - {one.id for one in found}):
            raise RequestRefused(f"{strange[0]} is not in the quarantine: `barograph quarantine list` shows what is")
        return sorted(found, key=lambda one: one.id)

    def of_attempts(self, attempts: Sequence[Attempt]) -> list[Quarantined]:
        """The records found in the offsets of `attempts`, of every state."""
        found = []
        for source, resolution in sorted({(one.chunk.source, one.chunk.resolution) for one in attempts}):
            versions = {one.version for one in attempts if (one.chunk.source, one.chunk.resolution) == (source, resolution)}
            days = {QuarantineId(source, resolution, version, "", 0, 0).day for version in versions}
            there = self.find(Selection(source=source, resolution=resolution), sorted(days))
            found += [one for one in there if one.id.version in versions]
        return found

    def read(self, ids: Iterable[QuarantineId]) -> list[KeptRecord]:
        """The records of `ids` whole, in order."""
        columns = "attempt_id, record_key, raw, headers, withheld"
        query = self._session.prepare(f"SELECT {columns} FROM {self._table} WHERE {_where()}")
        rows = ((one, self._session.execute(query, _key(one)).one()) for one in ids)
        return [
            KeptRecord(
                *(record_id, row.attempt_id, row.record_key, row.raw),
                list((row.headers or {}).items()),
                tuple(row.withheld or ()),
            )
            for record_id, row in rows
        ]

    def mark(self, ids: Iterable[QuarantineId], state: QuarantineState) -> None:
        """Give the records of `ids`, which must be there, this state."""
        update = self._session.prepare(f"UPDATE {self._table} SET state = ? WHERE {_where()}")
        for one in ids:
            self._session.execute(update, (state, *_key(one)))

    def _partitions(self, selection: Selection) -> list[tuple[str, str, Date]]:
        rows = self._session.execute(f"SELECT DISTINCT source, resolution, day FROM {self._table}")
        of_source = [row for row in rows if selection.source in (None, row.source)]
        of_resolution = [row for row in of_source if selection.resolution in (None, row.resolution)]
        days = {one.day for one in selection.ids}
        return [(row.source, row.resolution, row.day) for row in of_resolution if not days or row.day.date() in days]


def _where() -> str:
    return " AND ".join(f"{column} = ?" for column in KEY)


def _key(one: QuarantineId) -> tuple[object, ...]:
    return one.source, one.resolution, one.day, one.version, one.topic, one.partition, one.offset
