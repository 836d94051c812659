import zlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barograph.errors import BarographError, RequestRefused
from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.observation import HEADERS, Observation
from barograph.model.variables import Value
from barograph.model.window import Window
from barograph.transport.record import checksum, decode, encode, encode_columns, headers

BERLIN = Observation("52.5244,13.4105", "open-meteo/dwd-icon", "2024-04-01T00:00:00Z", {"temperature_2m": 7.5, "rain": None})
NAMES = st.text(max_size=10)
VALUES = st.one_of(
    st.none(), st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**53), 2**53), st.text(max_size=20)
)


def test_the_key_is_the_location() -> None:
    assert encode(BERLIN)[0] == b"52.5244,13.4105"


def test_every_asked_variable_stands_in_the_record() -> None:
    assert encode(BERLIN)[1] == (
        b'{"location_id":"52.5244,13.4105","source":"open-meteo/dwd-icon","time":"2024-04-01T00:00:00Z",'
        b'"values":{"temperature_2m":7.5,"rain":null}}'
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.builds(Observation, NAMES, NAMES, NAMES, st.dictionaries(NAMES, VALUES, max_size=3)))
def test_what_was_encoded_is_decoded(observation: Observation) -> None:
    assert decode(encode(observation)[1]) == observation


def test_columns_become_one_record_per_time_with_the_values_of_that_time() -> None:
    times = ["2024-04-01T00:00:00Z", "2024-04-01T01:00:00Z"]
    columns: dict[str, list[Value]] = {"rain": [0.5, None], "50 % of %b, as text": ["a, b", "%"]}
    records = [decode(value) for _, value in encode_columns("1,2", "open-meteo/dwd-icon", times, columns)]
    assert records == [
        Observation("1,2", "open-meteo/dwd-icon", times[0], {"rain": 0.5, "50 % of %b, as text": "a, b"}),
        Observation("1,2", "open-meteo/dwd-icon", times[1], {"rain": None, "50 % of %b, as text": "%"}),
    ]


@pytest.mark.parametrize("value", [b"", b"not JSON", b"[]", b"null", b"5", b"{}", b'{"location_id":"1,2"}', b'{"a":'])
def test_refuses_what_is_no_record(value: bytes) -> None:
    with pytest.raises(RequestRefused, match="not a record of barograph"):
        decode(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_finite_number_never_becomes_null(value: float) -> None:
    with pytest.raises(BarographError, match="temperature_2m"):
        encode(Observation("1,2", "open-meteo/dwd-icon", "2024-04-01T00:00:00Z", {"temperature_2m": value}))


def test_the_checksum_is_the_crc32_of_key_and_value_together() -> None:
    assert checksum(b"key", b"value") == zlib.crc32(b"keyvalue")


def test_every_record_names_its_attempt() -> None:
    chunk = Chunk("open-meteo/dwd-icon", "hourly", (Location("1", "2"),), ("rain",), Window(date(2024, 4, 1), date(2024, 4, 2)))
    attempt = Attempt(chunk, 1763683200000000, "OPEN", "manual__1", "produce_hourly_metrics")
    assert headers(attempt) == [
        ("attempt_id", b"open-meteo/dwd-icon/hourly/1763683200000000"),
        ("version", b"1763683200000000"),
        ("run_id", b"manual__1"),
        ("resolution", b"hourly"),
        ("schema", b"1"),
    ]
    assert tuple(name for name, _ in headers(attempt)) == HEADERS
