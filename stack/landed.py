"""What a day's run left in Cassandra: how many rows, and some of them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from cassandra.cluster import Session
from rich.table import Table

from barograph.model.resolution import Resolution
from barograph.store.connection import connect
from barograph.store.ledger import Ledger
from stack.console import console, say
from stack.settings import StackSettings

SHOWN_ROWS: Final = 6
SHOWN_COLUMNS: Final = 4


@dataclass(frozen=True, slots=True)
class Landed:
    """Rows of one source and resolution on one day: their number, and the first of the first location's."""

    source: str
    resolution: Resolution
    day: date
    location_ids: tuple[str, ...]
    variables: tuple[str, ...]
    count: int
    sample: list[dict[str, object]]


def read_landed(settings: StackSettings, day: date) -> list[Landed]:
    """What the newest committed attempt of each source and resolution covering `day` left in the tables."""
    found = []
    with connect(settings) as session:
        ledger = Ledger(session, settings.cassandra_keyspace)
        for source, resolution in sorted(ledger.sources(), reverse=True):  # hourly before daily
            covering = [
                attempt.chunk
                for attempt in ledger.history(source, resolution)
                if attempt.status == "COMMITTED" and attempt.chunk.window.start <= day < attempt.chunk.window.end
            ]
            if covering:
                ids = tuple(location.location_id for location in covering[0].locations)
                rows = {one: _read_rows(session, settings, resolution, one, source, day) for one in ids}
                count, sample = sum(map(len, rows.values())), rows[ids[0]][:SHOWN_ROWS]
                found.append(Landed(source, resolution, day, ids, covering[0].variables, count, sample))
    return found


def print_landed(landed: list[Landed]) -> None:
    """One line and one small table for each resolution."""
    for one in landed:
        say(f"{one.count} {one.resolution} rows for {one.day} ({one.source}, {len(one.location_ids)} locations)")
        columns = ("time" if one.resolution == "hourly" else "date", *one.variables[:SHOWN_COLUMNS])
        table = Table(title=f"{one.location_ids[0]}, {one.source}", title_justify="left")
        for column in columns:
            table.add_column(column, no_wrap=column in {"time", "date"}, overflow="fold")
        for row in one.sample:
            table.add_row(*(_format(row[column]) for column in columns))
        console.print(table)


def _read_rows(
    session: Session, settings: StackSettings, resolution: Resolution, location_id: str, source: str, day: date
) -> list[dict[str, object]]:
    keyspace = settings.cassandra_keyspace
    if resolution == "hourly":
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        query = f"SELECT * FROM {keyspace}.{settings.hourly_sink_table} WHERE location_id = %s AND source = %s"  # noqa: S608
        query += " AND year = %s AND time >= %s AND time < %s ORDER BY time ASC"
        rows = session.execute(query, (location_id, source, day.year, start, start + timedelta(days=1)))
    else:
        query = f"SELECT * FROM {keyspace}.{settings.daily_sink_table} WHERE location_id = %s AND source = %s"  # noqa: S608
        rows = session.execute(query + " AND date = %s", (location_id, source, day))
    return [row._asdict() for row in rows]


def _format(value: object) -> str:
    if value is None:
        return ""
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)
