"""One cell of the tables, with the version that wrote it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cassandra import InvalidRequest

from barograph.model.variables import Resolution
from barograph.store.queries import Queries
from barograph.store.schema import column_of


@dataclass(frozen=True, slots=True)
class StoredCell:
    """What the table holds: the value as the driver gives it, and the version of the attempt that wrote it; None = nothing."""

    value: object
    version: int | None


def read_cell(
    queries: Queries, table: str, resolution: Resolution, source: str, location_id: str, at: datetime, variable: str
) -> StoredCell:
    """The cell of `variable` (a name of the variables file) at instant or day `at`, UTC."""
    column = column_of(variable)
    select = f"SELECT {column} AS value, WRITETIME({column}) AS version FROM {table} WHERE location_id = ? AND source = ?"
    when = ("year = ? AND time = ?", at.year, at) if resolution == "hourly" else ("date = ?", at.date())
    try:
        row = queries.run(f"{select} AND {when[0]}", location_id, source, *when[1:]).one()
    except InvalidRequest:  # the column comes with the first load that brings the variable
        return StoredCell(None, None)
    if row is None:
        return StoredCell(None, None)
    value = row.value.replace(tzinfo=UTC) if isinstance(row.value, datetime) else row.value
    return StoredCell(value, row.version)
