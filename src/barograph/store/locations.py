"""The locations table: what was asked for, and which grid cell answers for it at each source."""

from collections.abc import Iterable

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent_with_args

from barograph.model.location import Location

CellRow = tuple[Location, float, float, float | None]
"""A location, its cell's latitude and longitude in degrees, and elevation in metres (None = not said)."""


def record_cells(session: Session, keyspace: str, source: str, cells: Iterable[CellRow]) -> None:
    """Keep, per location, the cell that `source` last answered from."""
    update = session.prepare(f"UPDATE {keyspace}.locations SET latitude = ?, longitude = ?, cells[?] = ? WHERE location_id = ?")
    rows = [
        (float(location.latitude), float(location.longitude), source, (latitude, longitude, elevation), location.location_id)
        for location, latitude, longitude, elevation in cells
    ]
    execute_concurrent_with_args(session, update, rows, raise_on_first_error=True)
