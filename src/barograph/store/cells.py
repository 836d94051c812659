"""One cell of the tables, with the version that wrote it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cassandra import InvalidRequest
from cassandra.cluster import Session

from barograph.model.resolution import Resolution, spec_of
from barograph.settings import Settings
from barograph.store.schema import column_of


@dataclass(frozen=True, slots=True)
class StoredCell:
    """What the table holds: the value as the driver gives it, and the version of the attempt that wrote it; None = nothing."""

    value: object
    version: int | None


def read_cell(
    session: Session, settings: Settings, resolution: Resolution, source: str, location_id: str, at: datetime, variable: str
) -> StoredCell:
    """The cell of `variable` (a name of the variables file) at instant or day `at`, UTC."""
    table = f"{settings.cassandra_keyspace}.{settings.sink_table(resolution)}"
    column = column_of(variable)
    select = f"SELECT {column} AS value, WRITETIME({column}) AS version FROM {table} WHERE location_id = ? AND source = ?"
    spec = spec_of(resolution)
    key: dict[str, object] = {"year": at.year, "day": at.date(), "time": at, "date": at.date()}
    columns = [*([spec.period] if spec.period else []), spec.time_column]
    try:
        query = session.prepare(f"{select} AND {' AND '.join(f'{column} = ?' for column in columns)}")
    except InvalidRequest:  # the column comes with the first load that brings the variable
        return StoredCell(None, None)
    row = session.execute(query, (location_id, source, *(key[column] for column in columns))).one()
    if row is None:
        return StoredCell(None, None)
    value = row.value.replace(tzinfo=UTC) if isinstance(row.value, datetime) else row.value
    return StoredCell(value, row.version)
