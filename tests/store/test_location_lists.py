from dataclasses import dataclass, field
from typing import cast

import pytest

from barograph.errors import RequestRefused
from barograph.model.location import Location
from barograph.store.location_lists import PART, LocationLists
from barograph.store.queries import Queries
from tests.store.cassandra_fake import Rows, rows

MANY = tuple(Location(str(number / 100), "7") for number in range(PART + 1))
NAMED = (Location("51.8", "10.6", "Brocken", "1141"), Location("1", "2"))


@dataclass
class StoredParts:
    """The table, in memory."""

    parts: dict[tuple[str, int], str] = field(default_factory=dict)
    reads: int = 0

    def write_each(self, statement: str, written: list[tuple[str, int, str]]) -> int:
        """Keep the parts."""
        assert statement.startswith("INSERT INTO location_lists")
        self.parts |= {(list_id, number): text for list_id, number, text in written}
        return len(written)

    def run_each(self, _: str, keys: list[tuple[str]]) -> list[Rows]:
        """The parts of each list."""
        self.reads += len(keys)
        return [
            rows(*({"part": number, "locations": text} for (list_id, number), text in self.parts.items() if list_id == wanted))
            for (wanted,) in keys
        ]


def lists(stored: StoredParts, max_cached: int = 10**6) -> LocationLists:
    """The lists as a process of its own sees them."""
    return LocationLists(cast("Queries", stored), max_cached)


def test_a_list_is_read_back_as_it_was_with_names_coordinates_and_elevations() -> None:
    stored = StoredParts()
    list_id = lists(stored).keep(NAMED)
    read = lists(stored).read([list_id])[list_id]
    assert [one.to_json() for one in read] == [one.to_json() for one in NAMED]


def test_the_same_list_is_stored_once_and_read_once_per_process() -> None:
    stored = StoredParts()
    list_id = lists(stored).keep(MANY)
    assert len(stored.parts) == 2
    again = lists(stored)
    assert again.read([list_id]) == again.read([list_id, list_id]) == {list_id: MANY}
    assert stored.reads == 1


def test_no_more_locations_are_kept_in_memory_than_allowed() -> None:
    stored = StoredParts()
    ids = [lists(stored).keep(NAMED), lists(stored).keep(NAMED[:1])]
    small = lists(stored, max_cached=2)
    for list_id in (*ids, *ids):
        assert small.read([list_id])[list_id] == NAMED[: 2 if list_id == ids[0] else 1]
    assert stored.reads == 4


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda parts, list_id: parts.pop((list_id, 0)), "its 1 parts are not those that were stored"),
        (lambda parts, list_id: parts.pop((list_id, 1)), "its 1 parts are not those that were stored"),
        (lambda parts, list_id: parts.update({(list_id, 1): '["1,2"]'}), "its 2 parts are not those that were stored"),
        (lambda parts, list_id: parts.update({(list_id, 2): '["1,2"]'}), "its 3 parts are not those that were stored"),
        (lambda parts, list_id: parts.clear(), "it is not in the store"),
    ],
    ids=["first part lost", "last part lost", "changed", "one too many", "all lost"],
)
def test_a_list_that_is_not_as_it_was_stored_is_refused_with_the_remedy(change: object, says: str) -> None:
    stored = StoredParts()
    list_id = lists(stored).keep(MANY)
    change(stored.parts, list_id)  # type: ignore[operator]  # one of the functions above
    with pytest.raises(RequestRefused, match=f"{says}. Clear the plan task"):
        lists(stored).read([list_id])
