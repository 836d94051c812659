"""Rows of the ledger, read strictly: each is an attempt that barograph wrote down."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from barograph.errors import Permanent
from barograph.model.attempt import Attempt, Manifest, Outcome, Status
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.resolution import Resolution, TimeRule
from barograph.model.window import Window


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
    time_rule: TimeRule | None
    landed: int | None
    quarantined: int | None
    missing: int | None
    flagged: int | None
    row_digest: Mapping[object, int] | None
    dag_run: str
    task: str
    message: str | None
    is_unrecoverable: bool | None
    opened_at: datetime | None
    committed_at: datetime | None


class LedgerBroken(Permanent):
    """A row of the ledger is not one that barograph wrote: delete it, then ask for its days again."""


def read_attempt(row: LedgerRow) -> Attempt:
    """The attempt that a ledger row tells of.

    Raises:
        LedgerBroken: it lacks what every attempt has, or holds something else.
    """
    try:
        return _read_attempt(row)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        where = f"source = '{row.source}' AND resolution = '{row.resolution}' AND version = {row.version}"
        raise LedgerBroken(
            f"the row of ingest_ledger WHERE {where} is not one that barograph wrote ({error}): delete it, then ask again"
        ) from error


def _read_attempt(row: LedgerRow) -> Attempt:
    outcome = None
    if row.landed is not None and row.quarantined is not None and row.missing is not None:
        digests = {day.date(): digest for day, digest in (row.row_digest or {}).items()}  # type: ignore[attr-defined]  # cassandra.util.Date
        outcome = Outcome(row.landed, row.quarantined, row.missing, digests, row.flagged or 0)
    chunk = Chunk(
        row.source,
        row.resolution,
        tuple(Location.from_id(location_id) for location_id in row.locations),
        tuple(row.variables),
        Window(row.window_start.date(), row.window_end.date()),
        row.time_rule or "calendar",
    )
    manifest = Manifest.from_json(row.manifest) if row.manifest else None
    opened, committed = (at.replace(tzinfo=UTC) if at else None for at in (row.opened_at, row.committed_at))  # without zone
    facts = (row.status, row.dag_run, row.task, manifest, outcome, row.message, opened, committed, bool(row.is_unrecoverable))
    return Attempt(chunk, row.version, *facts)
