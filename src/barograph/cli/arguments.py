"""Locations, times and variables as people type them after a command."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from barograph.errors import RequestRefused
from barograph.model.location import is_coordinates, parse_degrees
from barograph.model.resolution import STEPPED, Resolution, find_resolution, spec_of
from barograph.model.variables import all_variables, get_variable

TIME: Final = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?P<clock>[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
OF_PAIRS: Final = frozenset("0123456789+-., ")
"""What is written in coordinates."""
OF_DECIMALS: Final = frozenset(".,")


@dataclass(frozen=True, slots=True)
class ValidTime:
    """A valid time that somebody asks about: an instant (UTC), or for daily values the start of a day."""

    at: datetime
    resolution: Resolution


def parse_location_id(text: str) -> str:
    """The id of the location that `text` names: `52.52440,13.4105` is `52.5244,13.4105`, and a name is itself, as it was typed.

    Raises:
        RequestRefused: it looks like coordinates and is no pair of them.
    """
    if not OF_PAIRS.issuperset(text) or OF_DECIMALS.isdisjoint(text):  # an id of digits alone may be that of a station
        return text.strip()
    if not is_coordinates(text):
        raise RequestRefused(
            f"location {text!r} is no pair of coordinates: write latitude,longitude with points, as 52.5244,13.4105"
        )
    latitude, _, longitude = text.partition(",")
    return f"{parse_degrees(latitude, 90, 'latitude')},{parse_degrees(longitude, 180, 'longitude')}"


def parse_valid_time(text: str) -> ValidTime:
    """The hour (UTC, or with its offset) or the day that `text` is.

    Raises:
        RequestRefused: it is neither, lies between two hours, or outside of the calendar.
    """
    match = TIME.fullmatch(text.strip())
    try:
        at = datetime.fromisoformat(match[0] if match else "")
    except ValueError:
        raise RequestRefused(f"time {text!r} is neither an hour like 2024-04-01T05:00 nor a day like 2024-04-01") from None
    resolution: Resolution = "hourly" if match and match["clock"] else "daily"
    try:
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        if past := (at - at.replace(hour=0, minute=0, second=0)) % (spec_of(resolution).step or timedelta(1)):
            before, after = at - past, at - past + (spec_of(resolution).step or timedelta(1))
            raise RequestRefused(
                f"time {text!r} lies between two hours: ask for {before:%Y-%m-%dT%H:%M} or {after:%Y-%m-%dT%H:%M} (UTC)"
            )
    except OverflowError:
        raise RequestRefused(
            f"time {text!r} is outside of the calendar in UTC: ask for a day from 0001-01-02 to 9999-12-30"
        ) from None
    return ValidTime(at, resolution)


def check_variable(variable: str, resolution: Resolution, day: str) -> None:
    """Refuse a variable that has no values at `resolution`; `day` is the day that was asked about.

    Raises:
        RequestRefused: there is none of that name, or it has values at another resolution only.
    """
    if (variable, resolution) not in all_variables() and (hint := other_resolution(variable, resolution, day)):
        raise RequestRefused(f"{variable} has no {resolution} values: {hint}")
    get_variable(variable, resolution)


def other_resolution(variable: str, resolution: Resolution, day: str) -> str:
    """How to ask for `variable` at the resolution that was not asked about; empty where it has no values there."""
    for other in STEPPED:
        if other != resolution and (variable, other) in all_variables():
            return f"for its {other} value give " + (
                f"the day alone, {day}" if other == "daily" else f"an hour, such as {day}T00:00"
            )
    return ""


def choose_resolution(variable: str, given: str | None) -> Resolution:
    """The resolution of `variable` that is `given`, or the only one it has.

    Raises:
        RequestRefused: there is no such variable or resolution, or it has several and none is given.
    """
    if given is not None:
        resolution = find_resolution(given)
        if resolution is None:
            raise RequestRefused(f"resolution {given!r} is not one of {', '.join(STEPPED)}")
        return get_variable(variable, resolution).resolution
    having = [resolution for resolution in STEPPED if (variable, resolution) in all_variables()]
    if len(having) > 1:
        raise RequestRefused(f"{variable} has {' and '.join(having)} values: say which with --resolution {having[0]}")
    return get_variable(variable, having[0] if having else STEPPED[0]).resolution
