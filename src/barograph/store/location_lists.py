"""Lists of locations kept once under the digest of what they hold, so that plans of thousands of places stay small."""

import hashlib
import json
from collections.abc import Sequence

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent_with_args

from barograph.errors import RequestRefused
from barograph.model.location import Location

PART: int = 1000
"""Places in one row: a cell of some 50 kB."""


def keep_list(session: Session, keyspace: str, locations: Sequence[Location]) -> str:
    """Keep `locations` in order; returns the id to read them by. Kept again, nothing changes."""
    parts = [json.dumps([one.to_json() for one in locations[at : at + PART]]) for at in range(0, len(locations), PART)]
    list_id = hashlib.sha256("".join(parts).encode()).hexdigest()
    insert = session.prepare(f"INSERT INTO {keyspace}.location_lists (list_id, part, places) VALUES (?, ?, ?)")
    rows = [(list_id, number, text) for number, text in enumerate(parts)]
    execute_concurrent_with_args(session, insert, rows, raise_on_first_error=True)
    return list_id


def read_list(session: Session, keyspace: str, list_id: str) -> list[Location]:
    """The locations that `keep_list` kept.

    Raises:
        RequestRefused: there are none.
    """
    query = session.prepare(f"SELECT places FROM {keyspace}.location_lists WHERE list_id = ?")
    locations = [Location.from_json(one) for row in session.execute(query, (list_id,)) for one in json.loads(row.places)]
    if not locations:
        raise RequestRefused(f"location list {list_id} is not in the store: clear the plan task, it makes it anew")
    return locations
