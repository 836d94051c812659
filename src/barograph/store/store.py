"""The control plane: what barograph knows about its own work, in one keyspace, through one session."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from cassandra.cluster import Session

from barograph.errors import StoreRefused
from barograph.model.resolution import Resolution
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.store.api_usage import ApiUsage
from barograph.store.cells import StoredCell, StoredValue, read_cell, read_values
from barograph.store.connection import connect
from barograph.store.drift import is_migration_unfinished
from barograph.store.generations import Generations
from barograph.store.ledger import Ledger
from barograph.store.location_lists import LocationLists
from barograph.store.locations import Locations
from barograph.store.quarantine import Quarantine
from barograph.store.queries import Queries
from barograph.store.schema import add_columns, check_schema
from barograph.store.unserved import UnservedLocations
from barograph.store.version_clock import VersionClock, now_us


class Store:
    """Everything in Cassandra but the weather itself, and the few things done to the weather's tables by key.

    `clock` gives microseconds since 1970.
    """

    def __init__(self, session: Session, settings: Settings, clock: Callable[[], int] = now_us) -> None:
        self.session, self.settings = session, settings
        self.queries = Queries(session, settings.cassandra_keyspace)
        self.lists = LocationLists(self.queries)
        self.versions = VersionClock(self.queries, clock)
        self.ledger = Ledger(self.queries, self.lists, self.versions)
        self.generations = Generations(self.queries, self.ledger)
        self.usage = ApiUsage(self.queries)
        self.quarantine = Quarantine(self.queries, self.ledger.index)
        self.locations = Locations(self.queries)
        self.unserved = UnservedLocations(self.queries)

    def check_schema(self) -> None:
        """See `schema.check_schema`."""
        check_schema(self.session, self.settings)

    def add_columns(self, resolution: Resolution, variables: Iterable[str]) -> list[str]:
        """See `schema.add_columns`."""
        return add_columns(self.session, self.settings, resolution, variables)

    def read_cell(self, resolution: Resolution, source: str, location_id: str, at: datetime, variable: str) -> StoredCell:
        """See `cells.read_cell`."""
        return read_cell(self.queries, self.settings.sink_table(resolution), resolution, source, location_id, at, variable)

    def read_values(
        self, resolution: Resolution, source: str, location_id: str, window: Window, variable: str
    ) -> Iterator[StoredValue]:
        """See `cells.read_values`."""
        return read_values(self.queries, self.settings.sink_table(resolution), resolution, source, location_id, window, variable)


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """The store of `settings`, with a session of its own that is closed at the end.

    Raises:
        StoreUnavailable: no node answers, or one answers that it cannot now.
        StoreRefused: it refuses the login, the role or a statement, or the store of an earlier release is not migrated yet.
    """
    with connect(settings) as session:
        if is_migration_unfinished(session, settings):
            raise StoreRefused(
                f"keyspace {settings.cassandra_keyspace} is that of an earlier release, and its migration has not ended: run "
                "`barograph init` (./startup.sh does it)"
            )
        yield Store(session, settings)
