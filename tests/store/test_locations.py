"""What is read and written when locations are kept, moved and retired, by a table in memory."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cassandra.cluster import Session
from cassandra.query import UNSET_VALUE

from barograph.errors import RequestRefused
from barograph.model.location import Location
from barograph.model.tagged_location import TaggedLocation
from barograph.read.locations import find_page
from barograph.settings import Settings
from barograph.store import queries
from barograph.store.locations import Locations
from barograph.store.store import Store

EMPTY = dict.fromkeys(("latitude", "longitude", "name", "elevation", "tags", "cells", "earlier", "retired_at"))


class LocationTable:
    """Answers the statements of store/locations.py as Cassandra would; `read` counts the rows that went to the client."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.statements: list[str] = []
        self.read = 0

    def prepare(self, statement: str) -> str:
        """The statement itself."""
        return statement

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[SimpleNamespace]:
        """The rows of a SELECT; an UPDATE is done."""
        statement = statement.replace("analytics.", "")
        self.statements.append(statement)
        if statement.startswith("UPDATE"):
            self._update(statement, list(values))
            return []
        chosen = [
            {"location_id": key, **row}
            for key, row in self.rows.items()
            if ("location_id IN ?" not in statement or key in values[0])
            and ("CONTAINS" not in statement or values[0] in (row["tags"] or ()))
        ]
        self.read += len(chosen)
        return [SimpleNamespace(**row) for row in chosen]

    def _update(self, statement: str, values: list[Any]) -> None:
        *assigned, key = values
        columns = statement.partition(" SET ")[2].partition(" WHERE ")[0].split(", ")
        row = self.rows.setdefault(key, dict(EMPTY))
        for column in columns:
            name = column.partition(" =")[0]
            if name.endswith("[?]"):
                at, value = assigned.pop(0), assigned.pop(0)
                row[name[:-3]] = {**(row[name[:-3]] or {}), at: value}
            elif (value := assigned.pop(0)) is not UNSET_VALUE:
                row[name] = value

    def as_store(self) -> Store:
        """A store that talks to it."""
        return Store(cast("Session", self), Settings())

    def as_locations(self) -> Locations:
        """Its locations."""
        return self.as_store().locations


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> LocationTable:
    """An empty table."""

    def execute_all(session: LocationTable, statement: str, rows: Iterable[Sequence[Any]], **_: object) -> list[Any]:
        return [(True, session.execute(statement, row)) for row in rows]

    monkeypatch.setattr(queries, "execute_concurrent_with_args", execute_all)
    return LocationTable()


def tagged(name: str, latitude: str = "1.5", tags: Iterable[str] = ("a",), elevation: str | None = None) -> TaggedLocation:
    return TaggedLocation(Location(latitude, "2", name, elevation), frozenset(tags))


def writes(table: LocationTable) -> int:
    return sum(statement.startswith("UPDATE") for statement in table.statements)


def test_locations_are_looked_up_by_their_keys_and_only_what_differs_is_written(table: LocationTable) -> None:
    table.as_locations().keep([tagged(f"kept {n}") for n in range(50)])
    table.statements.clear()
    table.read = 0
    done: list[int] = []
    table.as_locations().keep([tagged("kept 1"), tagged("kept 2", tags=["b"]), tagged("new")], done.append)
    assert (table.read, writes(table), sum(done)) == (2, 2, 6)
    assert [statement for statement in table.statements if "WHERE location_id" not in statement] == []


def test_a_name_known_at_other_coordinates_refuses_the_whole_import_and_names_the_command(table: LocationTable) -> None:
    table.as_locations().keep([tagged("first here")])
    with pytest.raises(RequestRefused, match=r"is at 1\.5,2, not at 3\.5,2: `barograph locations move 'first here' 3\.5,2`"):
        table.as_locations().keep([tagged("new"), tagged("first here", "3.5")])
    assert list(table.rows) == ["first here"]


def test_a_moved_location_keeps_its_name_its_tags_and_until_when_it_was_elsewhere(table: LocationTable) -> None:
    table.as_locations().keep([tagged("ship", elevation="5")])
    before = datetime.now(UTC)
    assert table.as_locations().move("ship", "3.5", "4", None).latitude == "1.5"
    row = table.rows["ship"]
    assert (row["latitude"], row["longitude"], row["elevation"], row["tags"]) == (3.5, 4.0, None, {"a"})
    ((until, held),) = row["earlier"].items()
    assert (before <= until <= datetime.now(UTC), held) == (True, (1.5, 2.0, 5.0))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere", "location 'nowhere' was never asked for or imported: `barograph locations list`"),
        ("ship", "ship is at 1.5,2 already: nothing to move"),
        ("1,2", "location 1,2 is its own coordinates: ask for the other coordinates instead"),
    ],
)
def test_what_cannot_move_is_refused(table: LocationTable, name: str, says: str) -> None:
    table.as_locations().keep([tagged("ship")])
    table.rows["1,2"] = {**EMPTY, "latitude": 1.0, "longitude": 2.0}
    with pytest.raises(RequestRefused, match=says):
        table.as_locations().move(name, "1.5", "2", None)


def test_no_run_chooses_a_retired_location_until_it_is_imported_again(table: LocationTable) -> None:
    session = table.as_locations()
    session.keep([tagged("old"), tagged("other"), tagged("third", tags=["b"])])
    session.retire("old")
    assert [location.name for location in session.choose_by_tag(["a", "b"])] == ["other", "third"]
    with pytest.raises(RequestRefused, match="old is retired since 2"):
        session.retire("old")
    session.keep([tagged("old"), tagged("other")])
    assert [location.name for location in session.choose_by_tag(["a"])] == ["old", "other"]


def test_tags_are_looked_up_in_their_index(table: LocationTable) -> None:
    table.as_locations().keep([tagged(f"n {n}", tags=["x" if n % 10 else "y"]) for n in range(50)])
    table.read = 0
    assert len(table.as_locations().choose_by_tag(["y"])) == 5
    assert table.read == 5


def test_locations_come_page_by_page_in_order(table: LocationTable) -> None:
    table.as_locations().keep([tagged(name) for name in ("Oslo", "Bern", "Os [1]", "Bonn", "Os")])
    seen: list[str] = []
    after, has_more = "", True
    while has_more:
        page = find_page(table.as_store(), after=after, limit=2)
        seen += (ids := [known.location.location_id for known in page.locations])
        after, has_more = ids[-1], page.has_more
    assert seen == ["Bern", "Bonn", "Os", "Os [1]", "Oslo"]


def test_a_page_holds_what_begins_with_the_text_and_carries_the_tag(table: LocationTable) -> None:
    table.as_locations().keep([tagged("Oslo"), tagged("Os", tags=["b"]), tagged("Bern", tags=["b"])])
    page = find_page(table.as_store(), beginning="Os", tag="b")
    assert ([known.location.name for known in page.locations], page.has_more) == (["Os"], False)


@pytest.mark.parametrize(("typed", "retired"), [("Zu\u0308rich", "Zu\u0308rich"), ("Zürich", "Zürich"), (" Zürich", "Zürich")])
def test_a_name_is_the_one_that_was_typed_before_it_is_its_composed_form(table: LocationTable, typed: str, retired: str) -> None:
    for name in ("Zu\u0308rich", "Zürich"):
        table.rows[name] = {**EMPTY, "latitude": 1.0, "longitude": 2.0, "name": name}
    table.as_locations().retire(typed)
    assert [name for name, row in table.rows.items() if row["retired_at"]] == [retired]
