"""The version clock: one compare-and-set row per source hands out write timestamps that only rise."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from cassandra import WriteTimeout

from barograph.errors import ClockAhead, ClockBehind, RequestRefused, StoreUnavailable
from barograph.model.attempt import instant_of, version_at
from barograph.store.queries import Queries

MAX_APART_US: Final = 5 * 60 * 1_000_000
"""A clock further behind the newest version, or further ahead of Cassandra's clock, is wrong."""

MAX_JUMP_US: Final = 60 * 60 * 1_000_000
"""A version further ahead of the one before is given out only if Cassandra's clock agrees."""

TRIES: Final = 50


def now_us() -> int:
    """Microseconds since 1970 by this machine's clock."""
    return time.time_ns() // 1000


class VersionClock:
    """Reads and writes `version_clock`; `now_us` is this machine's clock."""

    def __init__(self, queries: Queries, now_us: Callable[[], int] = now_us) -> None:
        self._queries, self.now_us = queries, now_us

    def next(self, source: str) -> int:
        """A version of `source` higher than any before: max(previous + 1, now in microseconds).

        Raises:
            ClockBehind: this machine's clock is more than five minutes behind the newest version.
            ClockAhead: it is more than an hour ahead of the newest version, and Cassandra's clock does not agree.
            StoreUnavailable: other writers won every try; try again.
        """
        for _ in range(TRIES):
            previous = self.newest(source)
            now = self.now_us()
            if previous is not None and now < previous - MAX_APART_US:
                raise ClockBehind(
                    f"this machine's clock is {(previous - now) // 1_000_000} s behind {source}'s newest version "
                    f"({instant_of(previous):%Y-%m-%d %H:%M:%S} UTC): if it is wrong, set it right and clear the task; if it is "
                    f"right, an earlier one was wrong: `barograph repair-clock {source}`"
                )
            if previous is None or now > previous + MAX_JUMP_US:
                self.refuse_ahead()
            version = now if previous is None else max(previous + 1, now)
            if self._set(source, previous, version):
                return version
        raise StoreUnavailable(f"no version for {source} in {TRIES} tries: other writers won each, try again")

    def newest(self, source: str) -> int | None:
        """The newest version, read at SERIAL so that an undecided compare-and-set is decided first; None = there is none."""
        row = self._queries.read_serial("SELECT version FROM version_clock WHERE source = ?", source).one()
        return None if row is None else int(row.version)

    def lower(self, source: str) -> tuple[int, int]:
        """Set a clock that is far ahead to the present; returns the version that it showed, and the new one.

        Raises:
            RequestRefused: it is not ahead, or there is none.
            ClockAhead: Cassandra's clock does not agree with this machine's.
            StoreUnavailable: someone took a version meanwhile.
        """
        self.refuse_ahead()
        newest, now = self.newest(source), self.now_us()
        if newest is None:
            raise RequestRefused(f"{source} has no version clock: `barograph ledger` lists the sources")
        if newest <= now + MAX_APART_US:
            shown = f"{instant_of(newest):%Y-%m-%d %H:%M:%S} UTC"
            raise RequestRefused(f"the version clock of {source} is at {shown}, which is not ahead: there is nothing to repair")
        if not self._set(source, newest, now):
            raise StoreUnavailable(f"the version clock of {source} was changed meanwhile: try again")
        return newest, now

    def refuse_ahead(self) -> None:
        """Compare this machine's clock with that of a Cassandra node.

        Raises:
            ClockAhead: it is more than five minutes ahead.
        """
        row = self._queries.run("SELECT toTimestamp(now()) AS now FROM system.local").one()
        theirs, ours = row.now.replace(tzinfo=UTC), self.now_us()
        if ours > version_at(theirs) + MAX_APART_US:
            raise ClockAhead(
                f"this machine's clock says {_shown(instant_of(ours))}, Cassandra's says {_shown(theirs)}: set right the one "
                "that is wrong, then clear the task. Nothing was asked: values written with a clock that is ahead would win over "
                "all later ones"
            )

    def _set(self, source: str, previous: int | None, version: int) -> bool:
        try:
            if previous is None:
                insert = "INSERT INTO version_clock (source, version) VALUES (?, ?) IF NOT EXISTS"
                return bool(self._queries.run(insert, source, version).was_applied)
            update = "UPDATE version_clock SET version = ? WHERE source = ? IF version = ?"
            return bool(self._queries.run(update, version, source, previous).was_applied)
        except WriteTimeout:
            return False  # unknown: the version may be taken, so no one uses it; the next try reads again at SERIAL


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
