"""The version clock: one compare-and-set row per source hands out write timestamps that only rise."""

import time
from collections.abc import Callable
from typing import Final

from cassandra import ConsistencyLevel, WriteTimeout
from cassandra.cluster import Session
from cassandra.query import SimpleStatement

from barograph.errors import ClockBehind, StoreUnavailable

MAX_BEHIND_US: Final = 5 * 60 * 1_000_000
"""A clock further behind the newest version than this is wrong, and its versions would be years of work for no one."""

ATTEMPTS: Final = 50


def now_us() -> int:
    """Microseconds since 1970 by this machine's clock."""
    return time.time_ns() // 1000


def next_version(session: Session, keyspace: str, source: str, clock: Callable[[], int] = now_us) -> int:
    """A version of `source` higher than any before: max(previous + 1, now in microseconds).

    Raises:
        ClockBehind: this machine's clock is more than five minutes behind the newest version.
        StoreUnavailable: other writers won every round; try again.
    """
    for _ in range(ATTEMPTS):
        previous = _read(session, keyspace, source)
        now = clock()
        if previous is not None and now < previous - MAX_BEHIND_US:
            behind_s = (previous - now) // 1_000_000
            raise ClockBehind(f"this clock is {behind_s} s behind {source}'s newest version: set it right, then clear the task")
        version = now if previous is None else max(previous + 1, now)
        if _set(session, keyspace, source, previous, version):
            return version
    raise StoreUnavailable(f"no version for {source} in {ATTEMPTS} rounds: other writers won each, try again")


def _read(session: Session, keyspace: str, source: str) -> int | None:
    """The newest version, read at SERIAL so that an undecided compare-and-set is decided first."""
    query = SimpleStatement(
        f"SELECT version FROM {keyspace}.version_clock WHERE source = %s",
        consistency_level=ConsistencyLevel.LOCAL_SERIAL,
    )
    row = session.execute(query, (source,)).one()
    return None if row is None else int(row.version)


def _set(session: Session, keyspace: str, source: str, previous: int | None, version: int) -> bool:
    try:
        if previous is None:
            insert = f"INSERT INTO {keyspace}.version_clock (source, version) VALUES (%s, %s) IF NOT EXISTS"
            return bool(session.execute(insert, (source, version)).was_applied)
        update = f"UPDATE {keyspace}.version_clock SET version = %s WHERE source = %s IF version = %s"
        return bool(session.execute(update, (version, source, previous)).was_applied)
    except WriteTimeout:
        return False  # unknown: the version may be taken, so nobody uses it; the next round re-reads at SERIAL
