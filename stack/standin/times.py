"""Time axes and instants as the hosted API writes them, in GMT: local wall time without a zone, or seconds."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from stack.standin import sun
from stack.standin.grid import Cell

INSTANTS: Final = frozenset({"sunrise", "sunset", "moonrise", "moonset"})
LUNATION: Final = timedelta(days=29.530588853)
"""Mean time from new moon to new moon. Source: Meeus, Astronomical Algorithms, chapter 49."""
NEW_MOON: Final = datetime(2000, 1, 6, 18, 14, tzinfo=UTC)


@lru_cache(maxsize=40_000)
def _labels_of_day(day: int) -> tuple[str, ...]:
    text = (date(1970, 1, 1) + timedelta(days=day)).isoformat()
    return tuple(f'"{text}T{hour:02}:00"' for hour in range(24))


@lru_cache(maxsize=20)
def hour_labels(first_hour: int, end_hour: int, is_unixtime: bool) -> str:
    """The hours of a half-open range (since 1970), separated by commas."""
    if is_unixtime:
        return ",".join(str(hour * 3600) for hour in range(first_hour, end_hour))
    labels = [label for day in range(first_hour // 24, -(-end_hour // 24)) for label in _labels_of_day(day)]
    start = first_hour % 24
    return ",".join(labels[start : start + end_hour - first_hour])


def day_labels(days: Sequence[date], is_unixtime: bool) -> str:
    """Days as their dates, or as seconds of their first instant."""
    if is_unixtime:
        return ",".join(str(int(datetime.combine(day, time(), UTC).timestamp())) for day in days)
    return ",".join(f'"{day.isoformat()}"' for day in days)


def instant_text(instant: datetime | None, is_unixtime: bool) -> str:
    """An instant to the minute; None = `null`."""
    if instant is None:
        return "null"
    return str(int(instant.timestamp())) if is_unixtime else f'"{instant:%Y-%m-%dT%H:%M}"'


def moon_phase(day: date) -> float:
    """0 new moon, 0.5 full moon, at noon UTC of `day`."""
    return (datetime.combine(day, time(12), UTC) - NEW_MOON) / LUNATION % 1


def rising_or_setting(name: str, day: date, cell: Cell) -> datetime | None:
    """Sunrise, sunset, moonrise or moonset, UTC, full minutes; None = there is none.

    The moon is taken to trail the sun by one day per lunation, which is right to an hour or two.
    """
    if name.startswith("sun"):
        times = sun.sunrise_and_sunset(day, cell.latitude, cell.longitude)
        if times is None:
            return None
        minutes = times[name == "sunset"]
    else:
        highest = 720 - 4 * cell.longitude + 1440 * moon_phase(day)
        minutes = (highest + (360 if name == "moonset" else -360)) % 1440
    return datetime.combine(day, time(), UTC) + timedelta(minutes=math.floor(minutes))
