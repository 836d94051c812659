"""Named locations with tags: the rules that one must keep, and the JSON that the Variable `locations` holds."""

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from barograph.errors import RequestRefused
from barograph.model.location import Location, is_coordinates, parse_degrees, parse_elevation

MAX_NAME: Final = 100
MAX_TAG: Final = 100
KEYS: Final = ("name", "latitude", "longitude", "elevation", "tags")
NEEDED: Final = KEYS[:3]
NOT_IN_TAGS: Final = frozenset(',;[]"')
"""Characters that separate or quote tags where a run names them: a tag that holds one could never be chosen."""


class NumberText(str):
    """A number of a JSON text, as it was written: no digit is lost, and it is not taken for a text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TaggedLocation:
    """A named location, and the tags it is chosen by.

    `written_name` is the name as it was written where the name that is kept differs (see `normalise_name`), None = it does not.
    """

    location: Location
    tags: frozenset[str] = frozenset()
    written_name: str | None = None


def parse_json_locations(text: str) -> tuple[list[TaggedLocation], list[str]]:
    """The locations of a JSON list of objects (`KEYS`), and what is wrong with them; empty text holds none."""
    if not text.strip():
        return [], []
    doubled: list[str] = []

    def to_row(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
        """An object of the JSON text; one that has a key twice is a finding."""
        row = dict(pairs)
        if len(row) < len(pairs):
            doubled.append(f"locations: an object has a key twice in {', '.join(key for key, _ in pairs)}: give each key once")
        return row

    try:
        rows = json.loads(text, parse_float=NumberText, parse_int=NumberText, parse_constant=NumberText, object_pairs_hook=to_row)
    except (json.JSONDecodeError, RecursionError) as error:
        return [], [f"locations is not JSON ({error}): write a list of objects with {', '.join(KEYS)}"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return [], [f"locations is not a list of objects: give each {', '.join(NEEDED)}, and optionally {', '.join(KEYS[3:])}"]
    locations, findings = read_rows((f"locations[{index}]", row) for index, row in enumerate(rows))
    return locations, doubled + findings


def read_rows(rows: Iterable[tuple[str, Mapping[str, object]]]) -> tuple[list[TaggedLocation], list[str]]:
    """The locations of `rows`, and what is wrong with the others; each row comes with the position that a finding names."""
    locations, findings = list[TaggedLocation](), list[str]()
    for position, row in rows:
        try:
            locations.append(read_row(row))
        except RequestRefused as refused:
            findings.append(f"{position}: {refused}")
    return locations, findings


def read_row(row: Mapping[str, object]) -> TaggedLocation:
    """The location of a row with the keys `KEYS`; elevation (metres) and tags may be absent, null or empty.

    Raises:
        RequestRefused: a key is unknown or missing, or a value breaks its rule.
    """
    if strange := sorted(str(key) for key in set(row) - set(KEYS)):
        raise RequestRefused(f"{', '.join(strange)} is not known: a location has {', '.join(KEYS)}")
    given = {key: row[key] for key in KEYS if row.get(key) not in (None, "")}
    if missing := [key for key in NEEDED if key not in given]:
        raise RequestRefused(f"{', '.join(missing)} is missing: a location needs {', '.join(NEEDED)}")
    name = _read_name(given["name"])
    latitude = parse_degrees(_number_text(given["latitude"]), 90, "latitude")
    longitude = parse_degrees(_number_text(given["longitude"]), 180, "longitude")
    elevation = parse_elevation(_number_text(given["elevation"])) if "elevation" in given else None
    written = None if name == given["name"] else str(given["name"])
    return TaggedLocation(Location(latitude, longitude, name, elevation), _read_tags(given.get("tags", ()), name), written)


def normalise_name(text: str) -> str:
    """`text` in the one form that is kept: composed letters (NFC), no blanks around it, single blanks inside.

    Two names that look alike are then the same name, and not two series.
    """
    return " ".join(part for part in unicodedata.normalize("NFC", text).split(" ") if part)


def _read_name(written: object) -> str:
    if not isinstance(written, str) or isinstance(written, NumberText):
        raise RequestRefused(f"name {_short(written)} is not a text: write it in double quotes")
    name = normalise_name(written)
    if is_coordinates(name):
        raise RequestRefused(f"name {name!r} is a pair of coordinates: give a name that is none")
    _refuse_unprintable(name, "name", MAX_NAME)
    return name


def _refuse_unprintable(text: str, what: str, longest: int) -> None:
    if not 0 < len(text) <= longest:
        raise RequestRefused(f"{what} {text[:longest]!r} has {len(text)} characters: it must have 1 to {longest}")
    if strange := next((letter for letter in text if not letter.isprintable()), None):
        called = unicodedata.name(strange, "a control character")
        raise RequestRefused(f"{what} {text!r} holds U+{ord(strange):04X} ({called}): use printable characters only")


def _read_tags(tags: object, name: str) -> frozenset[str]:
    if not isinstance(tags, Sequence) or isinstance(tags, str):
        raise RequestRefused(f"tags {_short(tags)} of {name} are not a list of words")
    read = set()
    for tag in tags:
        if not isinstance(tag, str) or isinstance(tag, NumberText):
            raise RequestRefused(f"tag {_short(tag)} of {name} is not a text: write it in double quotes")
        text = normalise_name(tag)
        _refuse_unprintable(text, "tag", MAX_TAG)
        if strange := sorted(NOT_IN_TAGS & set(text)):
            raise RequestRefused(
                f"tag {text!r} of {name} holds {' '.join(map(repr, strange))}, so no run could choose it: "
                "separate tags by blanks in a CSV file, or give a JSON list of them"
            )
        read.add(text)
    return frozenset(read)


def _number_text(value: object) -> str:
    """A number as it was written; of anything else a text that is refused as no number."""
    is_number = isinstance(value, str | int | float | Decimal) and not isinstance(value, bool)
    return str(value).strip() if is_number else _short(value)


def _short(value: object) -> str:
    """`value` for a message, as JSON writes it."""
    return (value if isinstance(value, NumberText) else json.dumps(value, default=str, ensure_ascii=False))[:50]
