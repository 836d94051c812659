"""Rows of the ledger, read strictly: each is an attempt that barograph wrote down."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

from barograph.errors import Permanent
from barograph.model.attempt import Attempt, Manifest, Outcome, Status
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.resolution import Resolution, TimeRule
from barograph.model.window import Window
from barograph.printable import printable

COLUMNS: Final = (
    "source, resolution, month, version, status, window_start, window_end, list_id, variables, manifest, landed, quarantined, "
    "missing, flagged, row_digest, time_rule, dag_run, task, generation, message, is_unrecoverable, opened_at, committed_at"
)
"""What an attempt is read from."""


class LedgerRow(Protocol):
    """A row of ingest_ledger as the driver gives it: `COLUMNS`."""

    source: str
    resolution: Resolution
    month: int
    version: int
    status: Status
    window_start: datetime
    window_end: datetime
    list_id: str
    variables: list[str]
    manifest: str | None
    landed: int | None
    quarantined: int | None
    missing: int | None
    flagged: int | None
    time_rule: TimeRule | None
    row_digest: Mapping[object, int] | None
    dag_run: str
    task: str
    generation: str | None
    message: str | None
    is_unrecoverable: bool | None
    opened_at: datetime | None
    committed_at: datetime | None


class LedgerBroken(Permanent):
    """A row of the ledger is not one that barograph wrote: delete it, then ask for its days again."""


def read_attempt(row: LedgerRow, lists: Mapping[str, tuple[Location, ...]]) -> Attempt:
    """The attempt that a ledger row tells of; `lists` are the locations by `list_id`.

    Raises:
        LedgerBroken: it lacks what every attempt has, or holds something else.
    """
    try:
        return _read_attempt(row, lists)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        source = str(row.source).replace("'", "''")
        where = f"source = '{source}' AND resolution = '{row.resolution}' AND month = {row.month} AND version = {row.version}"
        raise LedgerBroken(
            f"the row of ingest_ledger WHERE {where} is not one that barograph wrote ({error}): delete it, then ask again"
        ) from error


def _read_attempt(row: LedgerRow, lists: Mapping[str, tuple[Location, ...]]) -> Attempt:
    chunk = Chunk(
        row.source,
        row.resolution,
        lists[row.list_id],
        tuple(row.variables),
        Window(row.window_start.date(), row.window_end.date()),
        row.time_rule or "calendar",
    )
    manifest = Manifest.from_json(row.manifest) if row.manifest else None
    opened, committed = (at.replace(tzinfo=UTC) if at else None for at in (row.opened_at, row.committed_at))  # without zone
    names = (printable(row.dag_run), printable(row.task))
    message = None if row.message is None else printable(row.message)  # earlier releases stored what a source said as it came
    facts = (row.status, *names, manifest, read_outcome(row), message, opened, committed)
    return Attempt(chunk, row.version, *facts, bool(row.is_unrecoverable), row.generation)


def read_outcome(row: LedgerRow) -> Outcome | None:
    """Where the observations of a row went; None = it has not been loaded."""
    if row.landed is None or row.quarantined is None or row.missing is None:
        return None
    digests = {day.date(): digest for day, digest in (row.row_digest or {}).items()}  # type: ignore[attr-defined]  # cassandra.util.Date
    return Outcome(row.landed, row.quarantined, row.missing, digests, row.flagged or 0)
