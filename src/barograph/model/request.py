"""What a run asks for as users write it, and everything that can be wrong with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from barograph.errors import RequestRefused
from barograph.model.location import Location
from barograph.model.resolution import Resolution
from barograph.model.variables import get_variable
from barograph.model.window import Window

NOTHING: Final = "none"
"""Written instead of variables, leaves a resolution out: a form turns an emptied list into "take the Variable"."""

LISTS: Final = ("latitudes", "longitudes", "hourly", "daily", "tags")
"""What is written as a text with commas."""

DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Request:
    """Coordinates as comma-separated text, variables by name (none: that resolution is left out), inclusive days as text.

    `locations` are named locations as JSON (see `parse_json_locations`), `tags` choose among the imported ones. `source` is
    one of the choices of `sources.registry`; with `auto` each part of the days comes from whoever serves it.
    """

    latitudes: str
    longitudes: str
    hourly: tuple[str, ...]
    daily: tuple[str, ...]
    start_date: str
    end_date: str
    source: str = "auto"
    locations: str = ""
    tags: tuple[str, ...] = ()

    def variables(self, resolution: Resolution) -> tuple[str, ...]:
        """The variables asked for at `resolution`."""
        return {"hourly": self.hourly, "daily": self.daily}.get(resolution, ())


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request wants of the source that its user's `choice` means: locations, known variables by resolution, days."""

    choice: str
    locations: tuple[Location, ...]
    variables: Mapping[Resolution, tuple[str, ...]]
    window: Window


def split_names(text: str) -> tuple[str, ...]:
    """Names of a comma-separated string, in order; the word `none` alone, like an empty text, holds none."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    return () if names == (NOTHING,) else names


def find_brackets(name: str, text: str) -> list[str]:
    """What is wrong with a comma-separated `text` called `name`: brackets or quotes of a JSON list."""
    if not text.strip().startswith(("[", "{", '"')):
        return []
    plain = ",".join(part.strip(' []{}"') for part in text.split(","))
    return [f"{name} {text[:100]!r} is JSON, not a comma-separated text: write it without brackets and quotes, as {plain[:100]}"]


def parse_day(name: str, text: str) -> date:
    """The day that `text` is; `name` is what the user calls it.

    Raises:
        RequestRefused: it is not YYYY-MM-DD, or no day of the calendar.
    """
    try:
        return date.fromisoformat(text.strip() if DAY.fullmatch(text.strip()) else "")
    except ValueError:
        raise RequestRefused(f"{name} {text!r} is not a day: write YYYY-MM-DD") from None


def parse_window(start_date: str, end_date: str, today: date) -> tuple[Window | None, list[str]]:
    """The window of an inclusive range, and what is wrong with it; `today` is the first UTC day that is not over yet."""
    if empty := [name for name, text in (("start_date", start_date), ("end_date", end_date)) if not text.strip()]:
        return None, [
            f"{' and '.join(empty)} {'is' if len(empty) == 1 else 'are'} empty: give the first and the last day (UTC), "
            "such as 2024-05-01 and 2024-05-02"
        ]
    days: list[date] = []
    findings: list[str] = []
    for name, text in (("start_date", start_date), ("end_date", end_date)):
        try:
            days.append(parse_day(name, text))
        except RequestRefused as refused:
            findings.append(str(refused))
    if findings:
        return None, findings
    start, end = days
    findings += find_open_day("end_date", end, today)
    if start > end:
        findings.append(f"start_date {start} is after end_date {end}: swap them")
    return (None if findings else Window.from_days(start, end)), findings


def find_open_day(name: str, day: date, today: date) -> list[str]:
    """What is wrong with a `day` called `name` that is not over yet; `today` is the first such UTC day."""
    if day < today:
        return []
    return [f"{name} {day} is not over yet: the last complete UTC day is {today - timedelta(days=1)}"]


def find_unknown(names: Sequence[str], resolution: Resolution) -> list[str]:
    """What is wrong with a list of variables: names that are unknown, or given twice."""
    findings = [
        f"{resolution} variable {name} is given twice: once is enough" for name in sorted(set(names)) if names.count(name) > 1
    ]
    if NOTHING in names:
        return [
            *findings,
            f"{resolution} holds the word {NOTHING} together with variables: give it alone to leave {resolution} out",
        ]
    for name in dict.fromkeys(names):
        try:
            get_variable(name, resolution)
        except RequestRefused as refused:
            findings.append(str(refused))
    return findings
