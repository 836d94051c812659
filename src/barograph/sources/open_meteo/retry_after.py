"""How long a source that is asked too often wants to be left alone: by Retry-After, else by what it says."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

SHORTEST: Final = timedelta(seconds=1)
LONGEST: Final = timedelta(days=1)
"""The longest window of the API is a day: nothing is to be waited for beyond it."""
CONCURRENT: Final = timedelta(seconds=5)
"""For others on the same address to be answered: a request takes seconds, and one runs at a time."""
MAX_DIGITS: Final = 9


def wait_until(reason: str, retry_after: str | None, now: datetime) -> datetime | None:
    """The instant (UTC) before which asking again has no effect; None = nothing says so.

    `reason` is the source's own text: a window ends with its minute, hour or day of the UTC clock.
    Source: the texts of the open-meteo server's RateLimiter; RFC 9110, section 10.2.3.
    """
    if retry_after is not None and (asked := _read_retry_after(retry_after.strip(), now)):
        return min(max(asked, now + SHORTEST), now + LONGEST)
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    text = reason.lower()
    if text.startswith("minutely"):
        return minute + timedelta(minutes=1)
    if text.startswith("hourly"):
        return minute.replace(minute=0) + timedelta(hours=1)
    if text.startswith("daily"):
        return minute.replace(hour=0, minute=0) + timedelta(days=1)
    return now + CONCURRENT if "concurrent" in text else None


def _read_retry_after(text: str, now: datetime) -> datetime | None:
    """Seconds or an HTTP date; None = neither."""
    if text.isascii() and text.isdigit():
        return now + min(timedelta(seconds=int(text[:MAX_DIGITS])), LONGEST)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # an offset that no calendar has
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
