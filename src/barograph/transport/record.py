"""How an observation stands in Kafka: key, value, headers, and the digest over both."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import orjson

from barograph.errors import AnswerRefused, RequestRefused
from barograph.model.attempt import Attempt
from barograph.model.observation import ATTEMPT_ID, SCHEMA, Observation
from barograph.model.variables import Value

Headers = list[tuple[str, str | bytes | None]]

FIELDS: Final = ("location_id", "source", "time", "values")


def encode(observation: Observation) -> tuple[bytes, bytes]:
    """Key and value of one record; see `encode_columns`."""
    columns = {name: [value] for name, value in observation.values.items()}
    return next(encode_columns(observation.location_id, observation.source, [observation.time], columns))


def encode_columns(
    location_id: str, source: str, times: Sequence[str], columns: Mapping[str, Sequence[Value]]
) -> Iterator[tuple[bytes, bytes]]:
    """Key (location_id) and value (JSON) of a record per time; every asked variable is in `values`, null where there is none.

    Each column becomes JSON at once and is cut into its values: a third of the time of serialising record by record.

    Raises:
        AnswerRefused: a value is NaN or infinite, which JSON would turn into null.
    """
    head = orjson.dumps({"location_id": location_id, "source": source})[:-1].replace(b"%", b"%%")
    names = b",".join(orjson.dumps(name).replace(b"%", b"%%") + b":%b" for name in columns)
    record = head + b',"time":%b,"values":{' + names + b"}}"
    pieces = [_pieces(column, f"{location_id} {name}") for name, column in columns.items()]
    key = location_id.encode()
    for cells in zip(_pieces(times, location_id), *pieces, strict=True):
        yield key, record % cells


def _pieces(column: Sequence[Value], where: str) -> list[bytes]:
    """Every value of a column as JSON."""
    pieces = orjson.dumps(column)[1:-1].split(b",")
    if len(pieces) != len(column):  # a text holds a comma
        pieces = [orjson.dumps(value) for value in column]
    if pieces.count(b"null") != column.count(None):
        raise AnswerRefused(f"{where} holds a value that is not a finite number")
    return pieces


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
