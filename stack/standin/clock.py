"""The stand-in's clock: it can be set, and runs on from there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def now_utc() -> datetime:
    """The present, UTC."""
    return datetime.now(UTC)


class SettableClock:
    """`base`, moved by as much as it was set off."""

    def __init__(self, base: Clock) -> None:
        self.base = base
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        """The time it shows, UTC."""
        return self.base() + self._ahead

    def set(self, now: datetime | None) -> None:
        """Show `now` now and run on from there; None = show `base` again."""
        self._ahead = now - self.base() if now else timedelta(0)
