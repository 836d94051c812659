"""What each API host was asked of late, in cost per fixed window. Only the holder of the API's pool slot writes it."""

from datetime import UTC, datetime

from cassandra.cluster import Session

from barograph.model.quota import PERIODS, Period, Usage, Used


def read_usage(session: Session, keyspace: str, host: str) -> Usage:
    """What `host` was asked in the newest window of each period."""
    query = session.prepare(f"SELECT since, weight, calls FROM {keyspace}.api_usage WHERE host = ? AND period = ? LIMIT 1")
    windows: dict[Period, Used] = {}
    for period in PERIODS:
        row = session.execute(query, (host, period)).one()
        if row is not None:
            windows[period] = Used(row.since.replace(tzinfo=UTC), row.weight, row.calls)
    return Usage(windows)


def write_usage(session: Session, keyspace: str, host: str, usage: Usage, at: datetime) -> None:
    """Keep what `host` was asked in the windows in which `at` lies; rows go after eight days."""
    insert = session.prepare(f"INSERT INTO {keyspace}.api_usage (host, period, since, weight, calls) VALUES (?, ?, ?, ?, ?)")
    for period in PERIODS:
        used = usage.used(period, at)
        session.execute(insert, (host, period, used.since, used.cost, used.calls))
