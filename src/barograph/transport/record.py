"""How an observation stands in Kafka: key, value, headers, and the digest over both."""

import math
import zlib
from typing import Final

import orjson

from barograph.errors import AnswerRefused, RequestRefused
from barograph.model.attempt import Attempt
from barograph.model.observation import ATTEMPT_ID, SCHEMA, Observation

Headers = list[tuple[str, str | bytes | None]]

FIELDS: Final = ("location_id", "source", "time", "values")


def encode(observation: Observation) -> tuple[bytes, bytes]:
    """Key (location_id) and value (JSON) of a record; every asked variable is in `values`, null where there is none.

    Raises:
        AnswerRefused: a value is NaN or infinite, which JSON would turn into null.
    """
    strange = [name for name, value in observation.values.items() if isinstance(value, float) and not math.isfinite(value)]
    if strange:
        raise AnswerRefused(f"{observation.location_id} {observation.time}: {', '.join(strange)} is not a finite number")
    value = {
        "location_id": observation.location_id,
        "source": observation.source,
        "time": observation.time,
        "values": observation.values,
    }
    return observation.location_id.encode(), orjson.dumps(value)


def decode(value: bytes) -> Observation:
    """The observation that `encode` wrote.

    Raises:
        RequestRefused: the bytes are not such a record.
    """
    try:
        fields = orjson.loads(value)
        return Observation(*(fields[name] for name in FIELDS))
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise RequestRefused(f"not a record of barograph ({error}): {value[:100]!r}") from error


def headers(attempt: Attempt) -> Headers:
    """The headers that every record of `attempt` carries."""
    return [
        (ATTEMPT_ID, attempt.attempt_id.encode()),
        ("version", str(attempt.version).encode()),
        ("run_id", attempt.dag_run.encode()),
        ("resolution", attempt.unit.resolution.encode()),
        ("schema", SCHEMA.encode()),
    ]


def checksum(key: bytes, value: bytes) -> int:
    """What one record adds to `Manifest.record_digest`: crc32 over key and value."""
    return zlib.crc32(value, zlib.crc32(key))
