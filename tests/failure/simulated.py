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

from barograph.model.unit import Unit
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


def is_question_of(unit: Unit, path: str, query: str) -> bool:
    """Whether the request `path?query` asks for exactly `unit`: its product, places in their order, variables and days."""
    asked = parse_qsl(query, keep_blank_values=True)
    parameters = dict(asked)
    heights = parameters.pop("elevation", None)
    wanted = {
        **ALWAYS,
        "latitude": ",".join(location.latitude for location in unit.locations),
        "longitude": ",".join(location.longitude for location in unit.locations),
        unit.resolution: ",".join(unit.variables),
        "start_date": unit.window.start.isoformat(),
        "end_date": (unit.window.end - timedelta(days=1)).isoformat(),
    }
    told = [location.elevation for location in unit.locations if location.elevation is not None]
    has_heights = told == (heights.split(",") if heights else [])
    return path == PATHS[unit.source] and parameters == wanted and len(parameters) + bool(heights) == len(asked) and has_heights


def read_answer(unit: Unit, body: str) -> list[Expected]:
    """The records that the answer `body` to `unit` must become, place by place.

    Raises:
        ValueError: a time that is no hour or day of `unit`, a column of another length, or a unit of measure that is not the
            variables file's: the simulator is broken.
    """
    answer = json.loads(body)
    parts = answer if isinstance(answer, list) else [answer]
    return [
        record
        for location, part in zip(unit.locations, parts, strict=True)
        for record in _read_place(unit, location.location_id, part)
    ]


def _read_place(unit: Unit, location_id: str, part: Mapping[str, Any]) -> list[Expected]:
    section, units = part[unit.resolution], part[f"{unit.resolution}_units"]
    if part["utc_offset_seconds"] != 0 or [units[name] for name in unit.variables] != [
        get_variable(name, unit.resolution).unit for name in unit.variables
    ]:
        raise ValueError(f"the simulator answered {unit} in {units}, {part['utc_offset_seconds']} s from UTC")
    at = [_instant(text) for text in section["time"]]
    if at != calendar(unit):
        raise ValueError(f"the simulator answered {unit} with the times {section['time']}")
    columns = {name: dict(zip(at, section[name], strict=True)) for name in unit.variables}
    return [
        Expected(location_id, _written(moment, unit), {name: _value(columns[name][moment]) for name in unit.variables})
        for moment in at
    ]


def calendar(unit: Unit) -> list[datetime]:
    """Every hour, or the midnight of every day, from the window's start to before its end."""
    step = timedelta(hours=1) if unit.resolution == "hourly" else timedelta(days=1)
    start, end = _midnight(unit.window.start), _midnight(unit.window.end)
    return [start + number * step for number in range((end - start) // step)]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _written(moment: datetime, unit: Unit) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if unit.resolution == "hourly" else f"{moment:%Y-%m-%d}"


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
