"""The known locations, page by page in the order of their ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest

from barograph.model.tagged_location import normalise_name
from barograph.store.locations import KnownLocation
from barograph.store.store import Store


@dataclass(frozen=True, slots=True)
class LocationPage:
    """Locations in the order of their ids; `has_more`: the next page begins after the last of them."""

    locations: Sequence[KnownLocation]
    has_more: bool


def find_page(store: Store, *, beginning: str = "", tag: str = "", after: str = "", limit: int = 1000) -> LocationPage:
    """The first `limit` locations whose id begins with `beginning` and comes after `after`, with `tag` if one is given.

    Never more than `limit` + 1 locations are in memory. With a tag only its own locations are read, else the whole table is.
    """
    rows = store.locations.find_by_tag(tag) if tag else store.locations.scan()
    starts = (beginning, normalise_name(beginning))
    wanted = (row for row in rows if row.location.location_id.startswith(starts) and row.location.location_id > after)
    found = nsmallest(limit + 1, wanted, key=lambda row: row.location.location_id)
    return LocationPage(found[:limit], len(found) > limit)
