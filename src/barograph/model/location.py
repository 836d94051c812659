"""Locations: the requested coordinates and the id made from them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from barograph.errors import RequestRefused

MAX_DIGITS: Final = 15
"""More digits than a double keeps cannot be told apart by the source."""

NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
"""What people write for a number; an exponent beyond three digits would make a text of megabytes."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place as it was asked for; `latitude` and `longitude` are decimal degrees as text without trailing zeros."""

    latitude: str
    longitude: str

    @property
    def location_id(self) -> str:
        """The key of this place in every record and table, such as `52.5244,13.4105`."""
        return f"{self.latitude},{self.longitude}"

    @classmethod
    def from_id(cls, location_id: str) -> "Location":
        """The location that `location_id` was made from."""
        latitude, longitude = location_id.split(",")
        return cls(latitude, longitude)


def _plain(degrees: Decimal) -> str:
    text = f"{degrees:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def parse_degrees(text: str, limit: int, name: str) -> str:
    """Coordinate `text` in plain decimals without trailing zeros (`9.9930` becomes `9.993`).

    Raises:
        RequestRefused: not a number, too many digits, or outside -limit..limit degrees.
    """
    if not NUMBER.fullmatch(text.strip()):
        raise RequestRefused(f"{name} {text[:50]!r} is not a number: write decimal degrees such as 52.5244")
    degrees = Decimal(text.strip())
    if abs(degrees) > limit:
        raise RequestRefused(f"{name} {text!r} is outside -{limit} to {limit} degrees")
    if len(degrees.as_tuple().digits) > MAX_DIGITS or degrees.adjusted() < -MAX_DIGITS:
        raise RequestRefused(f"{name} {text!r} has more than {MAX_DIGITS} digits: shorten it")
    return _plain(degrees)


def parse_locations(latitudes: str, longitudes: str) -> tuple[list[Location], list[str]]:
    """Locations from two comma-separated strings of equal count, in order, and all that is wrong with them.

    A list with findings is not to be used: it leaves out what could not be read.
    """
    rows, columns = _items(latitudes), _items(longitudes)
    findings: list[str] = []
    if not rows or not columns:
        findings.append("latitudes and longitudes are empty: give at least one place")
    elif len(rows) != len(columns):
        findings.append(f"{len(rows)} latitudes but {len(columns)} longitudes: they are paired in order, give as many")
    locations = []
    for latitude, longitude in zip(rows, columns, strict=False):
        try:
            locations.append(Location(parse_degrees(latitude, 90, "latitude"), parse_degrees(longitude, 180, "longitude")))
        except RequestRefused as refused:
            findings.append(str(refused))
    return locations, findings + _duplicates(locations)


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",")] if text.strip() else []


def _duplicates(locations: Sequence[Location]) -> list[str]:
    twice = sorted(one.location_id for one, count in Counter(locations).items() if count > 1)
    return [f"location {location_id} is given twice: once is enough" for location_id in twice]
