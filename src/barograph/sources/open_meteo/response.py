"""The body of an Open-Meteo answer, read strictly: one location or several, or why there is none."""

import json
import re
from collections import Counter
from typing import Annotated, Final, Literal, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast, TypeAdapter, ValidationError

from barograph.errors import AnswerBroken, AnswerRefused, LocationUnserved
from barograph.model.chunk import Chunk
from barograph.sources.open_meteo.errors import clean

Given = float | int | str | bool | None
"""A value as it came; what is not of its variable's type goes to quarantine."""
NOT_A_NUMBER: Final = re.compile(rb"[:,\[]\s*-?(nan|inf|infinity)\b", re.IGNORECASE)
NO_CELL: Final = re.compile(rb'"latitude"\s*:\s*nan\b')
"""How Open-Meteo answers, with status 200, at a point of a regional grid that has no values. Source: recorded answers."""
Names = TypeVar("Names")
UntilWrong = Annotated[Names, FailFast()]
"""A collection that is read up to its first mistake: of millions, the others would take gigabytes and say nothing more."""
GREENWICH: Final = frozenset(("GMT", "UTC", "Etc/GMT", "Etc/UTC"))
TOO_DEEP: Final = "recursion limit"
BETWEEN_BRACKETS: Final = re.compile(rb"\[[^\[\]{}]*\]")
"""A list of values: what is left without them is short."""


class LocationResponse(BaseModel):
    """One location of an answer, as the API documents it. What it does not document is kept apart, in `model_extra`."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False, frozen=True, extra="allow")

    latitude: float
    longitude: float
    elevation: float | None = None
    generationtime_ms: float = 0
    utc_offset_seconds: int
    timezone: str = "GMT"
    timezone_abbreviation: str = "GMT"
    location_id: int = 0
    hourly_units: UntilWrong[dict[str, str]] = {}
    hourly: UntilWrong[dict[str, UntilWrong[list[Given]]]] = {}
    daily_units: UntilWrong[dict[str, str]] = {}
    daily: UntilWrong[dict[str, UntilWrong[list[Given]]]] = {}


class Refusal(BaseModel):
    """The body that comes with an error, also with status 200."""

    error: Literal[True]
    reason: str


ONE: TypeAdapter[Refusal | LocationResponse] = TypeAdapter(Refusal | LocationResponse)
SEVERAL: TypeAdapter[list[LocationResponse]] = TypeAdapter(UntilWrong[list[LocationResponse]])


def most_parts(chunk: Chunk) -> int:
    """The commas and brackets that an answer to `chunk` has at most, with room for as many values again that were not asked."""
    names = len(chunk.variables) + 1
    return 2 * chunk.asked * names + len(chunk.locations) * 4 * (names + 20) + 1000


def read_body(body: bytes, url: str, most: int) -> Refusal | list[LocationResponse]:
    """The refusal, or one answer per location in the order they came; `most` is how many parts it may have (`most_parts`).

    Each part becomes an object in memory, tens of bytes from one or two of the body, so the body's size alone is no bound.

    Raises:
        LocationUnserved: the source has no values at one of the locations.
        AnswerBroken: no JSON: cut, empty, HTML, or an error's text in between. Ask again.
        AnswerRefused: JSON of another shape, in another time zone, with a key twice, of too many parts, or numbers that are none.
    """
    if (parts := sum(map(body.count, (b",", b"[", b"{")))) > most:
        raise AnswerRefused(f"{url}: the answer has {parts} parts where {most} are enough for what was asked: it was not read")
    try:
        read = SEVERAL.validate_json(body) if body.lstrip().startswith(b"[") else ONE.validate_json(body)
    except ValidationError as error:
        _refuse(error, body, url)
    if doubled := find_doubled_key(body):
        raise AnswerRefused(f"{url}: the answer holds {clean(doubled)!r} twice in one object: which one is meant is not said")
    locations = [read] if isinstance(read, LocationResponse) else read
    if isinstance(locations, list):
        for location in locations:
            _refuse_local_time(location, url)
    return locations


def _refuse_local_time(location: LocationResponse, url: str) -> None:
    if location.utc_offset_seconds or location.timezone not in GREENWICH:
        zone = f"{clean(location.timezone)}, {location.utc_offset_seconds:+d} s from UTC"
        raise AnswerRefused(
            f"{url}: the answer is in local time ({zone}), GMT was asked for: nothing was sent. The address asked, or a proxy on "
            "the way, changes `timezone`: set BASE_URL in .env to the source's own address, and ask it without that proxy"
        )


def _refuse(error: ValidationError, body: bytes, url: str) -> NoReturn:
    deepest = max(error.errors(include_input=False), key=lambda one: (one["loc"][:1] != ("Refusal",), len(one["loc"])))
    said = clean(body[:100].decode(errors="replace"))
    message = f"{url}: not a complete answer ({deepest['msg']} at {clean(str(deepest['loc']))}): {said!r}"
    if NO_CELL.search(body):
        raise LocationUnserved(f"{url}: one of the locations has no values, its coordinates came as nan: {said!r}") from error
    is_json = deepest["type"] != "json_invalid"
    if NOT_A_NUMBER.search(body) or TOO_DEEP in deepest["msg"] or (is_json and body.lstrip()[:1] in (b"{", b"[")):
        raise AnswerRefused(message) from error
    raise AnswerBroken(message) from error


def find_doubled_key(body: bytes) -> str | None:
    """A key that occurs twice in one object of the JSON `body`, where the second would silently win; None = there is none."""
    doubled: list[str] = []

    def look(pairs: list[tuple[str, object]]) -> None:
        """Note the names that an object has more than once."""
        counts = Counter(name for name, _ in pairs)
        doubled.extend(name for name, count in counts.items() if count > 1)

    json.loads(BETWEEN_BRACKETS.sub(b"[]", body), object_pairs_hook=look)
    return next(iter(doubled), None)
