"""Locations: the requested coordinates and the id made from them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Final

from barograph.errors import RequestRefused

MAX_DIGITS: Final = 15
"""More digits than a double keeps cannot be told apart by the source."""

NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
"""What people write for a number; an exponent beyond three digits would make a text of megabytes."""

LOWEST_M, HIGHEST_M = -500, 9000
"""Bounds of an elevation: no land lies lower or higher."""


@dataclass(frozen=True, slots=True, eq=False)
class Location:
    """A location as it was asked for; `latitude` and `longitude` are decimal degrees as text without trailing zeros.

    `name` is the user's, None = it has none; `elevation` in metres as text is sent to the source, None = the source uses its own.
    Two are equal when their `location_id` is. A location read from an id that is a name has no coordinates (empty) until it is
    looked up.
    """

    latitude: str
    longitude: str
    name: str | None = None
    elevation: str | None = None
    location_id: str = field(init=False)
    """The key of this location in every record and table: its name, else its coordinates, such as `52.5244,13.4105`."""

    def __post_init__(self) -> None:
        """Make the key once: it is asked for very often."""
        object.__setattr__(self, "location_id", self.name or f"{self.latitude},{self.longitude}")

    def __eq__(self, other: object) -> bool:
        """Whether both are the same location."""
        return isinstance(other, Location) and self.location_id == other.location_id

    def __hash__(self) -> int:
        """Of the key."""
        return hash(self.location_id)

    @classmethod
    def from_id(cls, location_id: str) -> "Location":
        """The location that `location_id` was made from; of a named one, only the name."""
        if not is_coordinates(location_id):
            return cls("", "", location_id)
        latitude, longitude = location_id.split(",")
        return cls(latitude, longitude)

    def to_json(self) -> str | dict[str, str]:
        """The same in JSON types: the id, or for what an id does not tell an object."""
        if self.name is None and self.elevation is None:
            return self.location_id
        told = {"name": self.name, "latitude": self.latitude, "longitude": self.longitude, "elevation": self.elevation}
        return {key: text for key, text in told.items() if text is not None}

    @classmethod
    def from_json(cls, parts: str | Mapping[str, str]) -> "Location":
        """The location that `to_json` wrote."""
        return cls.from_id(parts) if isinstance(parts, str) else cls(**parts)


@lru_cache(maxsize=512)
def location_set(locations: tuple[Location, ...]) -> frozenset[Location]:
    """`locations` as a set, made once per list: thousands of attempts share a few lists."""
    return frozenset(locations)


def is_coordinates(text: str) -> bool:
    """Whether `text` is a pair of numbers, such as `52.5244,13.4105`: then it cannot be a name."""
    parts = text.split(",")
    return len(parts) == 2 and all(NUMBER.fullmatch(part.strip()) for part in parts)


def plain_degrees(number: float) -> str:
    """A stored number as the text that `parse_degrees` made it from."""
    return _plain(Decimal(repr(number)))


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
        hint = "with a point, such as 52.5244 (not 52,5244)" if "," in text else "such as 52.5244"
        raise RequestRefused(f"{name} {text[:50]!r} is not a number: write decimal degrees {hint}")
    degrees = Decimal(text.strip())
    if abs(degrees) > limit:
        raise RequestRefused(f"{name} {text[:50]!r} is outside -{limit} to {limit} degrees")
    if len(degrees.as_tuple().digits) > MAX_DIGITS or degrees.adjusted() < -MAX_DIGITS:
        raise RequestRefused(f"{name} {text[:50]!r} has more than {MAX_DIGITS} digits: shorten it")
    return _plain(degrees)


def parse_elevation(text: str) -> str:
    """Metres in plain decimals without trailing zeros.

    Raises:
        RequestRefused: not a number, or no elevation that land has.
    """
    if not NUMBER.fullmatch(text) or not LOWEST_M <= Decimal(text) <= HIGHEST_M:
        raise RequestRefused(f"elevation {text[:50]!r} is not a number of metres between {LOWEST_M} and {HIGHEST_M}")
    return f"{Decimal(text).normalize():f}"


def parse_locations(latitudes: str, longitudes: str) -> tuple[list[Location], list[str]]:
    """Locations from two comma-separated strings of equal count, in order, and all that is wrong with them; both may be empty.

    A list with findings is not to be used: it leaves out what could not be read.
    """
    rows, columns = _items(latitudes), _items(longitudes)
    findings: list[str] = []
    if len(rows) != len(columns):
        findings.append(f"{len(rows)} latitudes but {len(columns)} longitudes: they are paired in order, give as many")
    elif len(rows) > 1 and not any("." in text or "e" in text.lower() for text in (*rows, *columns)):
        findings.append(
            f"latitudes {latitudes.strip()[:50]!r} and longitudes {longitudes.strip()[:50]!r} are whole numbers only, as decimal "
            "commas would give: write decimals with a point (52.5), and whole degrees of several locations as 52.0"
        )
    locations = []
    for latitude, longitude in zip(rows, columns, strict=False):
        try:
            locations.append(Location(parse_degrees(latitude, 90, "latitude"), parse_degrees(longitude, 180, "longitude")))
        except RequestRefused as refused:
            findings.append(str(refused))
    return locations, findings


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",")] if text.strip() else []


def find_duplicates(locations: Sequence[Location]) -> list[str]:
    """What is wrong with a list of locations: those that are given twice."""
    twice = sorted(one.location_id for one, count in Counter(locations).items() if count > 1)
    return [f"location {location_id} is given twice: once is enough" for location_id in twice]
