"""What each API host was asked recently, in cost per fixed window. Only the holder of the API's pool slot writes it."""

from datetime import UTC, datetime

from barograph.model.quota import PERIODS, Period, Usage, Used
from barograph.store.queries import Queries


class ApiUsage:
    """Reads and writes `api_usage`; rows are deleted after eight days."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def read(self, host: str) -> Usage:
        """What `host` was asked in the newest window of each period."""
        windows: dict[Period, Used] = {}
        for period in PERIODS:
            select = "SELECT since, weight, calls FROM api_usage WHERE host = ? AND period = ? LIMIT 1"
            row = self._queries.run(select, host, period).one()
            if row is not None:
                windows[period] = Used(row.since.replace(tzinfo=UTC), row.weight, row.calls)
        return Usage(windows)

    def write(self, host: str, usage: Usage, at: datetime) -> None:
        """Keep what `host` was asked in the windows in which `at` lies."""
        for period in PERIODS:
            used = usage.used(period, at)
            insert = "INSERT INTO api_usage (host, period, since, weight, calls) VALUES (?, ?, ?, ?, ?)"
            self._queries.run(insert, host, period, used.since, used.cost, used.calls)
