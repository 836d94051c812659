"""The rate limit: before each call, wait until it fits into the quota of its host, and write down that it was made."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from barograph.errors import QuotaExceeded
from barograph.model.quota import Call, Usage

log = logging.getLogger(__name__)

MAX_WAIT: Final = timedelta(minutes=2)
"""A longer wait is not slept through: the task gives its slot back and comes again."""

CLOCK_MARGIN: Final = timedelta(seconds=1)
"""A window is taken to begin that much later than by this machine's clock, which may be ahead of the host's."""


def now_utc() -> datetime:
    """The present, UTC."""
    return datetime.now(UTC)


class RateLimiter:
    """What was asked of each host, as the store knows it; used by the holder of the source's pool slot alone.

    `read_usage` and `write_usage` are the store's. A call without a quota is counted, and never waits.
    """

    def __init__(
        self,
        read_usage: Callable[[str], Usage],
        write_usage: Callable[[str, Usage, datetime], None],
        *,
        clock: Callable[[], datetime] = now_utc,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._read_usage, self._write_usage = read_usage, write_usage
        self._clock, self._sleep = clock, sleep
        self.usage: dict[str, Usage] = {}

    def usage_of(self, host: str) -> Usage:
        """What `host` was asked so far; read once, since the holder of the slot is the only writer."""
        if host not in self.usage:
            self.usage[host] = self._read_usage(host)
        return self.usage[host]

    def wait(self, call: Call) -> None:
        """Wait until `call` fits, and charge it: before it is made, so that a killed one counts too.

        Raises:
            QuotaExceeded: it would wait for longer than `MAX_WAIT`; nothing was charged.
        """
        now = self._clock()
        fits_at = self.usage_of(call.host).fits_at(call, now)
        if fits_at > now:
            self._wait_until(fits_at + CLOCK_MARGIN, now, f"a call of cost {call.cost:.1f} at {call.host}")
            now = max(self._clock(), fits_at)
        self.usage[call.host] = self.usage_of(call.host).charged(call.cost, now)
        self._write_usage(call.host, self.usage[call.host], now)

    def _wait_until(self, until: datetime, now: datetime, what: str) -> None:
        message = f"{what} fits into the quota from {until:%Y-%m-%d %H:%M:%S} UTC on"
        if until - now > MAX_WAIT:
            raise QuotaExceeded(message, until)
        log.info("%s: waiting", message)
        self._sleep((until - now).total_seconds())
