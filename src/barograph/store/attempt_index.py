"""Where attempts are found: by the months they were opened in, and by the months of their windows.

Its rows are written before the attempt's row in the ledger and never changed. They only find candidates: the state of an attempt
is read from the ledger by key. So a question about some days costs what was asked for these days, whatever the age of the store.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from barograph.model.attempt import Attempt, month_of
from barograph.model.chunk import Chunk
from barograph.model.generation import Generation
from barograph.model.location import Location, location_set
from barograph.model.resolution import Resolution
from barograph.model.window import Window
from barograph.store.location_lists import LocationLists
from barograph.store.queries import Queries

ALL: Final = "all"
"""The one partition of `ledger_months`: a few rows per month."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one attempt asked for; `dag_id` = the DAG whose produce task opened it, None = none."""

    version: int
    window: Window
    list_id: str
    variables: frozenset[str]
    dag_id: str | None


class AttemptIndex:
    """Reads and writes `ledger_months` and `attempts_by_window`."""

    def __init__(self, queries: Queries, lists: LocationLists) -> None:
        self._queries, self._lists = queries, lists
        self._known_months = set[tuple[str, str, int]]()

    def add(self, attempt: Attempt, list_id: str, generation: Generation | None) -> None:
        """Make `attempt` findable; to be done before its row in the ledger is written."""
        chunk = attempt.chunk
        month = (chunk.source, chunk.resolution, month_of(attempt.version))
        if month not in self._known_months:
            self._queries.run("INSERT INTO ledger_months (scope, source, resolution, month) VALUES (?, ?, ?, ?)", ALL, *month)
            self._known_months.add(month)
        asked = (chunk.window.start, chunk.window.end, list_id, list(chunk.variables), generation and generation.dag_id)
        self._queries.write_each(
            "INSERT INTO attempts_by_window (source, resolution, window_month, version, window_start, window_end, list_id, "
            "variables, dag_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(chunk.source, chunk.resolution, touched, attempt.version, *asked) for touched in chunk.window.months],
        )

    def sources(self) -> list[tuple[str, Resolution]]:
        """Every (source, resolution) that has attempts."""
        rows = self._queries.run("SELECT source, resolution FROM ledger_months WHERE scope = ? GROUP BY source, resolution", ALL)
        return sorted((row.source, row.resolution) for row in rows)

    def months(self, source: str, resolution: Resolution, since: int = 0) -> list[int]:
        """The months (yyyymm) from `since` on in which attempts were opened, newest first."""
        rows = self._queries.run(
            "SELECT month FROM ledger_months WHERE scope = ? AND source = ? AND resolution = ? AND month >= ?",
            *(ALL, source, resolution, since),
        )
        return sorted((row.month for row in rows), reverse=True)

    def asked(self, source: str, resolution: Resolution, months: Iterable[int]) -> list[Asked]:
        """What was asked for windows that touch `months` (yyyymm), newest first, each attempt once."""
        select = (
            "SELECT version, window_start, window_end, list_id, variables, dag_id FROM attempts_by_window "
            "WHERE source = ? AND resolution = ? AND window_month = ?"
        )
        found = dict[int, Asked]()
        variables = dict[tuple[str, ...], frozenset[str]]()  # few sets are shared by many rows, and so are list ids
        list_ids = dict[str, str]()
        for rows in self._queries.run_each(select, [(source, resolution, month) for month in sorted(set(months))]):
            for row in rows:
                names = tuple(row.variables)
                found[row.version] = Asked(
                    row.version,
                    Window(_day(row.window_start), _day(row.window_end)),
                    list_ids.setdefault(row.list_id, row.list_id),
                    variables.setdefault(names, frozenset(names)),
                    row.dag_id,
                )
        return sorted(found.values(), key=lambda asked: -asked.version)

    def overlapping(self, chunks: Sequence[Chunk]) -> list[int]:
        """The versions of the attempts that asked for a cell of any of `chunks`, all of one source and resolution."""
        first = chunks[0]
        wanted = [(chunk.window, frozenset(chunk.variables), location_set(chunk.locations)) for chunk in chunks]
        near = list[tuple[Asked, list[frozenset[Location]]]]()
        for asked in self.asked(first.source, first.resolution, {month for chunk in chunks for month in chunk.window.months}):
            sets = [
                locations
                for window, variables, locations in wanted
                if window.overlaps(asked.window) and variables & asked.variables
            ]
            if sets:
                near.append((asked, sets))
        lists = self._lists.read(asked.list_id for asked, _ in near)
        known = {list_id: location_set(locations) for list_id, locations in lists.items()}
        return [
            asked.version
            for asked, sets in near
            if any(not known[asked.list_id].isdisjoint(locations) for locations in {id(one): one for one in sets}.values())
        ]


def _day(stored: object) -> date:
    """A stored date as Python's."""
    return stored.date()  # type: ignore[attr-defined, no-any-return]  # cassandra.util.Date
