"""Cells of the tables, with the versions that wrote them: one, or a variable over time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cassandra import InvalidRequest
from cassandra.util import Date

from barograph.errors import RequestRefused
from barograph.model.resolution import Resolution, spec_of
from barograph.model.window import Window
from barograph.store.queries import Queries
from barograph.store.schema import column_of


@dataclass(frozen=True, slots=True)
class StoredCell:
    """What the table holds: the value as the driver gives it, and the version of the attempt that wrote it; None = nothing."""

    value: object
    version: int | None


@dataclass(frozen=True, slots=True)
class StoredValue:
    """The value of a variable in a row that is there; null, with no version, where the source has none."""

    at: datetime | date
    value: object
    source: str
    version: int | None


def read_cell(
    queries: Queries, table: str, resolution: Resolution, source: str, location_id: str, at: datetime, variable: str
) -> StoredCell:
    """The cell of `variable` (a name of the variables file) at instant or day `at`, UTC."""
    column = column_of(variable)
    select = f"SELECT {column} AS value, WRITETIME({column}) AS version FROM {table} WHERE location_id = ? AND source = ?"
    spec = spec_of(resolution)
    key: dict[str, object] = {"year": at.year, "day": at.date(), "time": at, "date": at.date()}
    columns = [*([spec.period] if spec.period else []), spec.time_column]
    try:
        statement = f"{select} AND {' AND '.join(f'{name} = ?' for name in columns)}"
        row = queries.run(statement, location_id, source, *(key[name] for name in columns)).one()
    except InvalidRequest:  # the column comes with the first load that brings the variable
        return StoredCell(None, None)
    if row is None:
        return StoredCell(None, None)
    return StoredCell(_aware(row.value), row.version)


def read_values(
    queries: Queries, table: str, resolution: Resolution, source: str, location_id: str, window: Window, variable: str
) -> Iterator[StoredValue]:
    """Every row of `window`, oldest first, read partition by partition and page by page.

    Raises:
        RequestRefused: the table has no column of that name, so the variable was never recorded.
    """
    time, column = spec_of(resolution).time_column, column_of(variable)
    select = f"SELECT {time} AS at, {column} AS value, WRITETIME({column}) AS version FROM {table} {where_within(resolution)}"
    try:
        queries.prepare(select)
    except InvalidRequest as error:
        if "Undefined column" not in str(error):
            raise
        raise RequestRefused(f"{resolution} {variable} was never recorded, at no location: ask for it first") from error
    return (
        StoredValue(_aware(row.at), _aware(row.value), source, row.version)
        for within in keys_within(resolution, window)
        for row in queries.run(select, location_id, source, *within)
    )


def where_within(resolution: Resolution) -> str:
    """The CQL that means rows of one partition, oldest first: location, source, then what `keys_within` gives."""
    spec = spec_of(resolution)
    time = spec.time_column
    where = " AND ".join(f"{name} = ?" for name in spec.partition_key)
    return f"WHERE {where} AND {time} >= ? AND {time} < ? ORDER BY {time} ASC"


def keys_within(resolution: Resolution, window: Window) -> Iterator[tuple[object, ...]]:
    """For each partition of a location and source that `window` touches, oldest first: its period, if any, and the bounds."""
    spec = spec_of(resolution)
    bounds = (window.start_at, window.end_at) if spec.time_column == "time" else (window.start, window.end)
    for period in _periods(window, spec.period):
        yield (*period, *bounds)


def _periods(window: Window, period: str | None) -> Iterator[tuple[int | date, ...]]:
    """The last part of the partition key for each partition that `window` touches, oldest first."""
    if period == "year":
        yield from ((year,) for year in range(window.start.year, window.last_day.year + 1))
    elif period == "day":
        yield from ((window.start + timedelta(days=day),) for day in range(window.days))
    else:
        yield ()


def _aware(value: Any) -> Any:  # noqa: ANN401  # whatever type a column has
    """A value as the driver gives it, with its zone (UTC), and a date as Python's."""
    if isinstance(value, Date):
        return value.date()
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
