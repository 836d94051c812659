"""The pace of calls: before each, wait until it fits into the quota, and write down that it was made."""

import logging
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from barograph.errors import SourceBusy
from barograph.model.quota import PERIODS, Quota, Usage
from barograph.settings import Settings
from barograph.store.api_usage import ApiUsage

log = logging.getLogger(__name__)

MAX_WAIT: Final = timedelta(minutes=2)
"""A longer wait is not slept through: the task gives its slot back and comes again."""

CLOCK_MARGIN: Final = timedelta(seconds=1)
"""A window is taken to begin that much later than by this machine's clock, which may be ahead of the host's."""


UNLIMITED: Final[Quota] = dict.fromkeys(PERIODS, math.inf)
"""Those who pay have no windows. Source: https://open-meteo.com/en/pricing."""


def now_utc() -> datetime:
    """The present, UTC."""
    return datetime.now(UTC)


class RateLimiter:
    """What was asked of each host, as the store knows it; used by the holder of the API's pool slot alone.

    A customer (who has an API key) is counted, and never waits.
    """

    def __init__(
        self,
        stored: ApiUsage,
        settings: Settings,
        *,
        is_customer: bool = False,
        clock: Callable[[], datetime] = now_utc,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stored = stored
        self.quota: Quota = UNLIMITED if is_customer else settings.api_quota
        self._clock, self._sleep = clock, sleep
        self.usage: dict[str, Usage] = {}

    def of(self, host: str) -> Usage:
        """What `host` was asked so far; read once, since nobody else writes it meanwhile."""
        if host not in self.usage:
            self.usage[host] = self._stored.read(host)
        return self.usage[host]

    def wait(self, host: str, weight: float) -> None:
        """Wait until a call of `weight` fits, and charge it: before it is made, so that a killed one counts too.

        Raises:
            SourceBusy: it would wait for longer than `MAX_WAIT`; nothing was charged.
        """
        now = self._clock()
        fits_at = self.of(host).fits_at(weight, self.quota, now)
        if fits_at > now:
            self._wait_until(fits_at + CLOCK_MARGIN, now, f"a call of weight {weight:.1f} at {host}")
            now = max(self._clock(), fits_at)
        self.usage[host] = self.of(host).charged(weight, now)
        self._stored.write(host, self.usage[host], now)

    def _wait_until(self, until: datetime, now: datetime, what: str) -> None:
        said = f"{what} fits into the quota from {until:%Y-%m-%d %H:%M:%S} UTC on"
        if until - now > MAX_WAIT:
            raise SourceBusy(said, until)
        log.info("%s: waiting", said)
        self._sleep((until - now).total_seconds())
