"""Named places as users write them, in the Variable `locations` or in a file to import, and all that is wrong with them."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from barograph.errors import RequestRefused
from barograph.model.location import NUMBER, Location, is_coordinates, parse_degrees

MAX_NAME: Final = 100
LOWEST_M, HIGHEST_M = -500, 9000
"""Bounds of an elevation: no land lies lower or higher."""

KEYS: Final = ("name", "latitude", "longitude", "elevation", "tags")
NEEDED: Final = KEYS[:3]


@dataclass(frozen=True, slots=True)
class TaggedLocation:
    """A named location, and the tags it is chosen by."""

    location: Location
    tags: frozenset[str] = frozenset()


def parse_json_locations(text: str) -> tuple[list[TaggedLocation], list[str]]:
    """The places of a JSON list of objects (`KEYS`), and what is wrong with them; empty text holds none."""
    if not text.strip():
        return [], []
    try:
        rows = json.loads(text, parse_float=str, parse_int=str)
    except json.JSONDecodeError as error:
        return [], [f"locations is not JSON ({error}): write a list of objects with {', '.join(KEYS)}"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return [], [f"locations is not a list of objects: give each {', '.join(NEEDED)}, and if you like {', '.join(KEYS[3:])}"]
    return _read_locations((f"locations[{index}]", row) for index, row in enumerate(rows))


def parse_csv_locations(lines: Iterable[str]) -> tuple[list[TaggedLocation], list[str]]:
    """The places of a CSV file with a header (`KEYS`; tags separated by blanks), and what is wrong with them."""
    reader = csv.DictReader(lines)
    missing = [key for key in NEEDED if key not in (reader.fieldnames or ())]
    if missing:
        return [], [f"the first line does not name {', '.join(missing)}: it must name {', '.join(NEEDED)}"]
    return _read_locations(
        (f"line {index}", {**row, "tags": (row.get("tags") or "").split()}) for index, row in enumerate(reader, 2)
    )


def _read_locations(rows: Iterable[tuple[str, Mapping[str, object]]]) -> tuple[list[TaggedLocation], list[str]]:
    places, findings = list[TaggedLocation](), list[str]()
    for where, row in rows:
        try:
            places.append(_read_location(row))
        except RequestRefused as refused:
            findings.append(f"{where}: {refused}")
    return places, findings


def _read_location(row: Mapping[str, object]) -> TaggedLocation:
    strange = sorted(str(key) for key in set(row) - set(KEYS))
    if strange:
        raise RequestRefused(f"{', '.join(strange)} is not known: a place has {', '.join(KEYS)}")
    texts = {key: str(row[key]).strip() for key in KEYS[:4] if row.get(key) not in (None, "")}
    missing = [key for key in NEEDED if key not in texts]
    if missing:
        raise RequestRefused(f"{', '.join(missing)} is missing: a place needs {', '.join(NEEDED)}")
    name, tags = texts["name"], row.get("tags") or []
    if is_coordinates(name) or len(name) > MAX_NAME or not name.isprintable():
        raise RequestRefused(f"name {name[:MAX_NAME]!r} must be at most {MAX_NAME} printable characters, and no coordinates")
    if not isinstance(tags, Sequence) or isinstance(tags, str) or not all(isinstance(tag, str) and tag for tag in tags):
        raise RequestRefused(f"tags {tags!r} of {name} are not a list of words")
    latitude, longitude = parse_degrees(texts["latitude"], 90, "latitude"), parse_degrees(texts["longitude"], 180, "longitude")
    elevation = _read_elevation(texts["elevation"]) if "elevation" in texts else None
    return TaggedLocation(Location(latitude, longitude, name, elevation), frozenset(tags))


def _read_elevation(text: str) -> str:
    if not NUMBER.fullmatch(text) or not LOWEST_M <= Decimal(text) <= HIGHEST_M:
        raise RequestRefused(f"elevation {text[:50]!r} is not a number of metres between {LOWEST_M} and {HIGHEST_M}")
    return f"{Decimal(text).normalize():f}"
