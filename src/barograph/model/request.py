"""What a run asks for as users write it, and everything that can be wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from barograph.errors import RequestRefused
from barograph.model.location import Location
from barograph.model.resolution import Resolution
from barograph.model.variables import get_variable
from barograph.model.window import Window


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
    """Variable names of a comma-separated string, in order."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def parse_window(start_date: str, end_date: str, today: date) -> tuple[Window | None, list[str]]:
    """The window of an inclusive range, and what is wrong with it; `today` is the first UTC day that is not over yet."""
    days: list[date] = []
    findings: list[str] = []
    for name, text in (("start_date", start_date), ("end_date", end_date)):
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            findings.append(f"{name} {text!r} is not a day: write YYYY-MM-DD")
    if findings:
        return None, findings
    start, end = days
    if end >= today:
        findings.append(f"end_date {end} is not over yet: the last complete UTC day is {today - timedelta(days=1)}")
    if start > end:
        findings.append(f"start_date {start} is after end_date {end}: swap them")
    return (None if findings else Window.from_days(start, end)), findings


def find_unknown(names: Sequence[str], resolution: Resolution) -> list[str]:
    """What is wrong with a list of variables: names that are unknown, or given twice."""
    findings = [
        f"{resolution} variable {name} is given twice: once is enough" for name in sorted(set(names)) if names.count(name) > 1
    ]
    for name in dict.fromkeys(names):
        try:
            get_variable(name, resolution)
        except RequestRefused as refused:
            findings.append(str(refused))
    return findings
