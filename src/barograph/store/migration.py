"""Bringing a store that an earlier release wrote to the tables of this one.

Every step may be repeated, and nothing is dropped before its copy was compared with it, so a migration that is killed continues
at the next start. No task may run meanwhile; ./startup.sh starts Airflow afterwards.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cassandra.cluster import Session

from barograph.errors import StoreUnavailable
from barograph.model.attempt import month_of
from barograph.model.generation import Generation
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.store.attempt_index import ALL
from barograph.store.drift import LEDGER, LEDGER_COPY, schema_statements
from barograph.store.location_lists import LocationLists
from barograph.store.locations import Locations
from barograph.store.queries import Queries

PAGE: Final = 500
"""Rows that are read and written together."""

KEPT: Final = timedelta(days=90)
"""Attempts opened before are not listed by their generation: those rows would be deleted already."""

RENAMED: Final = {"is_spent": "is_unrecoverable", "round": "generation"}
"""Columns of the ledger that had another name."""

KEY: Final = ("source", "resolution", "version")
CLEARED_BY_COMMIT: Final = ("message", "loaded")
"""What a commit deletes: it stays deleted whatever was written before."""

Row = Mapping[str, Any]
Written = dict[int, dict[str, object]]
"""Columns and their values by write timestamp in µs."""


def migrate(session: Session, settings: Settings, say: Callable[[str], None]) -> None:
    """Migrate what an earlier release left, and tell each step; nothing to do is nothing said.

    Raises:
        StoreUnavailable: a copy differs from its original: something wrote meanwhile, and nothing was dropped.
    """
    migration = _Migration(session, settings, say)
    if "places" in migration.columns("location_lists"):
        migration.rename_lists()
    if (columns := migration.columns(LEDGER)) and "month" not in columns:
        migration.list_quarantine_days()
        migration.copy_old_ledger(columns)
    if migration.columns("produce_rounds"):
        migration.copy_rounds()
    if migration.columns(LEDGER_COPY):
        migration.put_ledger_in_place()


class _Migration:
    def __init__(self, session: Session, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings, self._say = settings, say
        self._queries = Queries(session, settings.cassandra_keyspace)
        self._lists, self._locations = LocationLists(self._queries), Locations(self._queries)
        self._list_ids = dict[tuple[str, ...], str]()

    def columns(self, table: str) -> list[str]:
        """The columns of `table`; none = it is not there."""
        rows = self._queries.run(
            "SELECT column_name FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?",
            *(self._settings.cassandra_keyspace, table),
        )
        return [row.column_name for row in rows]

    def rename_lists(self) -> None:
        """Column `places` of the location lists becomes `locations`."""
        rows = self._pages("SELECT list_id, part, places FROM location_lists")
        update = "UPDATE location_lists SET locations = ? WHERE list_id = ? AND part = ?"
        moved = sum(
            self._queries.write_each(update, [(row["places"], row["list_id"], row["part"]) for row in page if row["places"]])
            for page in rows
        )
        self._say(f"location lists: {moved} parts moved")
        self._queries.change_schema(f"ALTER TABLE {self._settings.cassandra_keyspace}.location_lists DROP IF EXISTS places")

    def list_quarantine_days(self) -> None:
        """Which partitions the quarantine has: the only time that all of it is looked through."""
        insert = "INSERT INTO quarantine_days (year, day, source, resolution) VALUES (?, ?, ?, ?)"
        pages = self._pages("SELECT DISTINCT source, resolution, day FROM quarantine")
        days = ([(row["day"].date(), row["source"], row["resolution"]) for row in page] for page in pages)
        listed = sum(self._queries.write_each(insert, [(key[0].year, *key) for key in page]) for page in days)
        self._say(f"quarantine: {listed} days listed")

    def copy_rounds(self) -> None:
        """The rounds of produce tasks become generations."""
        insert = "INSERT INTO produce_generations (dag_id, run_id, task, generation, is_done) VALUES (?, ?, ?, ?, ?)"
        names = ("dag_id", "run_id", "task", "round", "is_done")
        pages = self._pages(f"SELECT {', '.join(names)} FROM produce_rounds")
        moved = sum(self._queries.write_each(insert, [tuple(row[name] for name in names) for row in page]) for page in pages)
        self._say(f"produce_rounds: {moved} moved to produce_generations")
        self._drop("produce_rounds")

    def copy_old_ledger(self, columns: Sequence[str]) -> None:
        """The ledger of one partition per source becomes one by month, as `LEDGER_COPY`; the old one is dropped."""
        self._queries.change_schema(self._ledger_statement(LEDGER_COPY))
        copied = 0
        for page in self._pages(_select_with_times(columns, LEDGER)):
            self._write(LEDGER_COPY, [(row, self._renewed(row)) for row in page])
            self._index(page)
            copied += len(page)
            self._say(f"ledger: {copied} attempts copied")
        self._compare(LEDGER, LEDGER_COPY)
        self._drop(LEDGER)
        self._say("ledger: the copy is the same, and the old table is dropped")

    def put_ledger_in_place(self) -> None:
        """The copy becomes the ledger."""
        self._queries.change_schema(self._ledger_statement(LEDGER))
        columns, copied = self.columns(LEDGER_COPY), 0
        for page in self._pages(_select_with_times(columns, LEDGER_COPY)):
            self._write(LEDGER, [(row, _by_time(row)) for row in page])
            copied += len(page)
            self._say(f"ledger: {copied} attempts in place")
        self._compare(LEDGER_COPY, LEDGER)
        self._drop(LEDGER_COPY)
        self._say("ledger: migrated")

    def _drop(self, table: str) -> None:
        self._queries.change_schema(f"DROP TABLE IF EXISTS {self._settings.cassandra_keyspace}.{table}")

    def _ledger_statement(self, name: str) -> str:
        (statement,) = (one for one in schema_statements(self._settings) if f".{LEDGER} (" in one)
        return statement.replace(f".{LEDGER} (", f".{name} (")

    def _renewed(self, row: Row) -> Written:
        """The cells of an old row by their write timestamps, under their new names."""
        written = _by_time(row)
        for cells in written.values():
            if "locations" in cells:
                cells["list_id"], cells["location_count"] = self._list_id(row["locations"]), len(row["locations"])
                del cells["locations"]
            for old, new in RENAMED.items():
                if old in cells:
                    cells[new] = cells.pop(old)
        return written

    def _list_id(self, location_ids: Sequence[str]) -> str:
        """The id of the list of these locations; coordinates and elevations of named ones are looked up."""
        key = tuple(location_ids)
        if key not in self._list_ids:
            locations = [Location.from_id(location_id) for location_id in key]
            known = {found: found for found in self._locations.find(location for location in locations if location.name)}
            self._list_ids[key] = self._lists.keep([known.get(location, location) for location in locations])
        return self._list_ids[key]

    def _write(self, table: str, rows: Sequence[tuple[Row, Written]]) -> None:
        by_statement = defaultdict[str, list[tuple[object, ...]]](list)
        for row, written in rows:
            key = (row["source"], row["resolution"], month_of(row["version"]), row["version"])
            for written_at_us, cells in written.items():
                names = ", ".join(f"{name} = ?" for name in cells)
                statement = f"UPDATE {table} USING TIMESTAMP ? SET {names} WHERE source = ? AND resolution = ? "
                by_statement[f"{statement}AND month = ? AND version = ?"].append((written_at_us, *cells.values(), *key))
        for statement, values in by_statement.items():
            self._queries.write_each(statement, values)

    def _index(self, rows: Sequence[Row]) -> None:
        """Make the attempts of these old rows findable."""
        months = {(ALL, row["source"], row["resolution"], month_of(row["version"])) for row in rows}
        insert = "INSERT INTO ledger_months (scope, source, resolution, month) VALUES (?, ?, ?, ?)"
        self._queries.write_each(insert, sorted(months))
        self._queries.write_each(
            "INSERT INTO attempts_by_window (source, resolution, window_month, version, window_start, window_end, list_id, "
            "variables, dag_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [values for row in rows for values in self._windows(row)],
        )
        self._queries.write_each(
            "INSERT INTO generation_attempts (dag_id, run_id, task, generation, source, resolution, version) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (one.dag_id, one.run_id, one.task, one.number, *(row[name] for name in KEY))
                for row in rows
                if (one := _generation(row)) and row["opened_at"] and row["opened_at"] > _without_zone(datetime.now(UTC) - KEPT)
            ],
        )

    def _windows(self, row: Row) -> Iterator[tuple[object, ...]]:
        if row["locations"] and row["variables"] and row["window_start"] and row["window_end"]:
            start, end = row["window_start"].date(), row["window_end"].date()
            if start >= end:
                return  # no attempt of ours: reading its row says so
            generation, list_id = _generation(row), self._list_id(row["locations"])
            asked = (start, end, list_id, list(row["variables"]), generation and generation.dag_id)
            for month in Window(start, end).months:
                yield row["source"], row["resolution"], month, row["version"], *asked

    def _compare(self, original: str, copy: str) -> None:
        """Refuse to go on when a row of `original` is not in `copy` as it is now."""
        told = "status, attempt_id, WRITETIME(status) AS written_at_us, WRITETIME(attempt_id) AS opened_at_us"
        select = f"SELECT {told} FROM {copy} WHERE source = ? AND resolution = ? AND month = ? AND version = ?"
        for page in self._pages(f"SELECT {', '.join(KEY)}, {told} FROM {original}"):
            keys = [(row["source"], row["resolution"], month_of(row["version"]), row["version"]) for row in page]
            for row, result in zip(page, self._queries.run_each(select, keys), strict=True):
                there = result.one()
                if there is None or there._asdict().items() - row.items():
                    raise StoreUnavailable(
                        f"attempt {row['attempt_id']} changed while the ledger was copied: stop Airflow and everything else that "
                        "runs barograph, then run `barograph init` again; nothing was dropped"
                    )

    def _pages(self, select: str) -> Iterator[list[dict[str, Any]]]:
        return self._queries.pages(select, PAGE)


def _select_with_times(columns: Sequence[str], table: str) -> str:
    """A SELECT of every column, and of the write timestamp of each that is not in the key, as `at_…`."""
    cells = [name for name in columns if name not in (*KEY, "month")]
    times = [f"MAXWRITETIME({name}) AS at_{name}" for name in cells]
    return f"SELECT {', '.join((*KEY, *cells, *times))} FROM {table}"


def _by_time(row: Row) -> Written:
    """The cells of a row read by `_select_with_times`, by their write timestamps."""
    written = defaultdict[int, dict[str, object]](dict)
    for name, value in row.items():
        if (written_at_us := row.get(f"at_{name}")) is not None:
            written[written_at_us][name] = value
    if row.get("status") == "COMMITTED":
        written[row["at_status"]] |= {name: None for name in CLEARED_BY_COMMIT if name in row and row[name] is None}
    return dict(written)


def _generation(row: Row) -> Generation | None:
    return Generation.from_id(row["round"]) if row.get("round") else None


def _without_zone(at: datetime) -> datetime:
    """As the driver gives instants."""
    return at.replace(tzinfo=None)
