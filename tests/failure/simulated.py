"""What an attempt must have sent, worked out from the simulator's log alone.

Nothing here comes from the code that asks, decodes and encodes: a value that production puts at another hour, place or name
differs from what is computed here.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

from barograph.model.chunk import Chunk
from barograph.model.variables import Value, get_variable

PATHS: Final = {"standin/archive": "/archive/v1/archive", "standin/dwd-icon": "/api/v1/dwd-icon"}
"""Where the products are asked that fault scenarios record; neither wants a model to be named."""
ALWAYS: Final = {
    "temperature_unit": "celsius",
    "wind_speed_unit": "kmh",
    "precipitation_unit": "mm",
    "timezone": "GMT",
    "timeformat": "iso8601",
}
DIGEST_MODULUS: Final[int] = 1 << 64


@dataclass(frozen=True, slots=True)
class Expected:
    """One record: `time` as records write it, each asked variable with its value (None = none at the source)."""

    location_id: str
    time: str
    values: Mapping[str, Value]


def is_question_of(chunk: Chunk, path: str, query: str) -> bool:
    """Whether the request `path?query` asks for exactly `chunk`: its product, places in their order, variables and days."""
    asked = parse_qsl(query, keep_blank_values=True)
    parameters = dict(asked)
    heights = parameters.pop("elevation", None)
    wanted = {
        **ALWAYS,
        "latitude": ",".join(location.latitude for location in chunk.locations),
        "longitude": ",".join(location.longitude for location in chunk.locations),
        chunk.resolution: ",".join(chunk.variables),
        "start_date": chunk.window.start.isoformat(),
        "end_date": (chunk.window.end - timedelta(days=1)).isoformat(),
    }
    told = [location.elevation for location in chunk.locations if location.elevation is not None]
    has_heights = told == (heights.split(",") if heights else [])
    return path == PATHS[chunk.source] and parameters == wanted and len(parameters) + bool(heights) == len(asked) and has_heights


def read_answer(chunk: Chunk, body: str) -> list[Expected]:
    """The records that the answer `body` to `chunk` must become, place by place.

    Raises:
        ValueError: a time that is no hour or day of `chunk`, a column of another length, or a unit of measure that is not the
            variables file's: the simulator is broken.
    """
    answer = json.loads(body)
    parts = answer if isinstance(answer, list) else [answer]
    return [
        record
        for location, part in zip(chunk.locations, parts, strict=True)
        for record in _read_location(chunk, location.location_id, part)
    ]


def _read_location(chunk: Chunk, location_id: str, part: Mapping[str, Any]) -> list[Expected]:
    section, units = part[chunk.resolution], part[f"{chunk.resolution}_units"]
    if part["utc_offset_seconds"] != 0 or [units[name] for name in chunk.variables] != [
        get_variable(name, chunk.resolution).unit for name in chunk.variables
    ]:
        raise ValueError(f"the simulator answered {chunk} in {units}, {part['utc_offset_seconds']} s from UTC")
    at = [_instant(text) for text in section["time"]]
    if at != calendar(chunk):
        raise ValueError(f"the simulator answered {chunk} with the times {section['time']}")
    columns = {name: dict(zip(at, section[name], strict=True)) for name in chunk.variables}
    return [
        Expected(location_id, _written(moment, chunk), {name: _value(columns[name][moment]) for name in chunk.variables})
        for moment in at
    ]


def calendar(chunk: Chunk) -> list[datetime]:
    """Every hour, or the midnight of every day, from the window's start to before its end."""
    step = timedelta(hours=1) if chunk.resolution == "hourly" else timedelta(days=1)
    start, end = _midnight(chunk.window.start), _midnight(chunk.window.end)
    return [start + number * step for number in range((end - start) // step)]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _written(moment: datetime, chunk: Chunk) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if chunk.resolution == "hourly" else f"{moment:%Y-%m-%d}"


def _value(given: Value) -> Value:
    """A value as records write it: a text is an instant (sunrise, sunset)."""
    return f"{_instant(given):%Y-%m-%dT%H:%M:%SZ}" if isinstance(given, str) else given


def record_digest(source: str, records: Sequence[Expected]) -> int:
    """The sum over all records of the CRC-32 of their key and value, mod 2^64."""
    return sum(zlib.crc32(_bytes(source, record)) for record in records) % DIGEST_MODULUS


def _bytes(source: str, record: Expected) -> bytes:
    """Key and value of a record, one behind the other."""
    value = {"location_id": record.location_id, "source": source, "time": record.time, "values": record.values}
    return f"{record.location_id}{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}".encode()
