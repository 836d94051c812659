"""What a day's run left in Cassandra: how many rows, and some of them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from rich.table import Table

from barograph.model.chunk import Chunk
from barograph.model.resolution import Resolution, spec_of
from barograph.model.window import Window
from barograph.store.cells import keys_within, where_within
from barograph.store.store import Store, open_store
from stack.console import console, say
from stack.logins import settings_as
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
    with open_store(settings_as(settings, "reader")) as store:
        for source, resolution in sorted(store.ledger.sources(), reverse=True):  # hourly before daily
            covering = store.ledger.newest_covering(source, resolution, Window.from_days(day, day))
            if covering:
                chunk = covering.chunk
                rows = _read_rows(store, resolution, chunk, day)
                sample = [row for row in rows if row["location_id"] == chunk.locations[0].location_id][:SHOWN_ROWS]
                ids = tuple(location.location_id for location in chunk.locations)
                found.append(Landed(source, resolution, day, ids, chunk.variables, len(rows), sample))
    return found


def print_landed(landed: list[Landed]) -> None:
    """One line and one small table for each resolution."""
    for one in landed:
        say(f"{one.count} {one.resolution} rows for {one.day} ({one.source}, {len(one.location_ids)} locations)")
        columns = (spec_of(one.resolution).time_column, *one.variables[:SHOWN_COLUMNS])
        table = Table(title=f"{one.location_ids[0]}, {one.source}", title_justify="left")
        for column in columns:
            table.add_column(column, no_wrap=column in {"time", "date"}, overflow="fold")
        for row in one.sample:
            table.add_row(*(_format(row[column]) for column in columns))
        console.print(table)


def _read_rows(store: Store, resolution: Resolution, chunk: Chunk, day: date) -> list[dict[str, object]]:
    """The rows of `day` at the locations of `chunk`, location by location, in the order of time."""
    query = f"SELECT * FROM {store.settings.sink_table(resolution)} {where_within(resolution)}"  # noqa: S608
    within = list(keys_within(resolution, Window.from_days(day, day)))
    keys = [(location.location_id, chunk.source, *key) for location in chunk.locations for key in within]
    return [row._asdict() for rows in store.queries.run_each(query, keys) for row in rows]


def _format(value: object) -> str:
    if value is None:
        return ""
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)
