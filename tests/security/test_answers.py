"""Hostile answers of a source: bombs of gzip and of JSON, floods of headers, waits that mean anything, control codes."""

import gzip
import json
import logging
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import requests
from pydantic_core import ValidationError

from barograph.errors import AnswerBroken, AnswerRefused, AnswerTooLarge, BarographError, SourceUnavailable
from barograph.sources.destination import Destinations
from barograph.sources.http import MAX_BODY_BYTES, Requester
from barograph.sources.open_meteo.response import ONE, SEVERAL
from barograph.sources.open_meteo.retry_after import LONGEST, wait_until
from tests.sources.answers import answer_to, ask_for, fetch

MIB = 2**20
WARM = ask_for("temperature_2m")
START = b'{"latitude":1.0,"longitude":1.0,"utc_offset_seconds":0,'
NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)


@contextmanager
def answering(*pieces: bytes, again: bytes = b"") -> Iterator[str]:
    """The address of a server that sends `pieces` to whoever connects, then `again` as long as they listen."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            """Send."""
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                try:
                    for piece in pieces:
                        connection.sendall(piece)
                    while again:
                        connection.sendall(again)
                except OSError:
                    return

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server.join(10)


@pytest.fixture
def requester() -> Iterator[Requester]:
    """A requester with little patience, that asks this machine without a proxy."""
    with requests.Session() as session:
        session.trust_env = False
        yield Requester(deadline_s=2, session=session, destinations=Destinations({"127.0.0.1"}))


def head(*lines: str) -> bytes:
    """The head of an answer."""
    return "\r\n".join(("HTTP/1.1 200 OK", *lines, "", "")).encode()


def bomb(layers: int) -> bytes:
    """Zeros, 4 GiB of them in the second layer of gzip."""
    body = gzip.compress(bytes(4 * MIB)) * 1024
    for _ in range(layers - 1):
        body = gzip.compress(body)
    return body


@pytest.mark.parametrize("layers", [1, 2])
def test_a_bomb_of_gzip_takes_no_more_memory_than_the_largest_body(layers: int, requester: Requester) -> None:
    body = bomb(layers)
    coding = f"Content-Encoding: {', '.join(['gzip'] * layers)}"
    with answering(head(coding, f"Content-Length: {len(body)}"), body) as url:
        tracemalloc.start()
        try:
            with pytest.raises(AnswerTooLarge):
                requester.ask(url, {})
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 2 * MAX_BODY_BYTES + 8 * MIB


def test_more_layers_of_gzip_than_anyone_needs_are_broken(requester: Requester) -> None:
    codings = head(f"Content-Encoding: {', '.join(['gzip'] * 100)}", "Content-Length: 1")
    with answering(codings, b"x") as url, pytest.raises(AnswerBroken):
        requester.ask(url, {})


def test_a_body_without_an_end_is_too_large(requester: Requester) -> None:
    requester.deadline_s = 60
    with answering(head(), again=b"x" * MIB) as url, pytest.raises(AnswerTooLarge):
        requester.ask(url, {})


@pytest.mark.parametrize(
    ("first", "again"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX: ", b"x" * MIB, id="one header of megabytes"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"X: x\r\n" * 100, id="headers without an end"),
        pytest.param(b"HTTP/1.1 ", b"2" * MIB, id="a status of megabytes"),
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="continue without an end"),
    ],
)
def test_a_flood_before_the_body_ends_in_a_wait(first: bytes, again: bytes, requester: Requester) -> None:
    with answering(first, again=again) as url, pytest.raises(SourceUnavailable):
        requester.ask(url, {})


@pytest.mark.parametrize(
    "text",
    [
        "9" * 10_000,
        "-1",
        "Mon, 01 Apr 2024 12:00:00 +9999999999999999",
        "Mon, 01 Apr 2024 12:00:00 -9999",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 99 Foo 99999999999999999999 00:00:00 GMT",
        ", " * 30_000,
        "\x00",
        "",
    ],
)
def test_what_retry_after_says_is_a_wait_of_a_day_at_most_or_nothing(text: str) -> None:
    until = wait_until("", text, NOW)
    assert until is None or NOW < until <= NOW + LONGEST


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param(b'"hourly":{"temperature_2m":[' + b"{}," * 3 * MIB + b"{}]}", id="objects for values"),
        pytest.param(b'"hourly":{' + b'"x":1,' * MIB + b'"x":1}', id="keys"),
        pytest.param(b'"more":[' + b"[]," * 3 * MIB + b"[]]", id="lists that no one asked for"),
        pytest.param(b'"more":' + b"[" * MIB + b"]" * MIB, id="depth"),
    ],
)
def test_a_bomb_of_json_is_refused_before_it_is_read(inside: bytes) -> None:
    body = START + inside + b"}"
    tracemalloc.start()
    try:
        with pytest.raises(AnswerRefused, match=r"the answer has \d+ parts where 1184 are enough"):
            fetch(WARM, body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(body) + MIB


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param(b'"hourly":{"temperature_2m":[' + b"{}," * 1000 + b"{}]}", id="objects for values"),
        pytest.param(b'"hourly":{' + b",".join(b'"%d":1' % key for key in range(1000)) + b"}", id="keys"),
        pytest.param(b'"hourly_units":{' + b",".join(b'"%d":1' % key for key in range(1000)) + b"}", id="units"),
    ],
)
def test_an_answer_full_of_mistakes_is_read_up_to_the_first(inside: bytes) -> None:
    with pytest.raises(ValidationError) as refused:
        ONE.validate_json(START + inside + b"}")
    assert refused.value.error_count() < 20


def test_many_wrong_locations_are_read_up_to_the_first() -> None:
    with pytest.raises(ValidationError) as refused:
        SEVERAL.validate_json(b"[" + b"{}," * 1000 + b"{}]")
    assert refused.value.error_count() < 20


@pytest.mark.parametrize("depth", [100, 190, 250, 600])
def test_json_of_any_depth_is_refused_and_nothing_overflows(depth: int) -> None:
    with pytest.raises(AnswerRefused):
        fetch(WARM, START + b'"more":' + b"[" * depth + b"]" * depth + b"}")


@pytest.mark.parametrize("value", ["1" * 100_000, "1e999", "-1e999", "1." + "0" * 100_000 + "e400", "1e-99999"])
def test_a_number_of_any_length_is_refused_or_one_that_a_double_keeps(value: str) -> None:
    body = answer_to(WARM, temperature_2m=["VALUE"] * 24)
    raw = json.dumps(body).replace('"VALUE"', value).encode()
    try:
        values = fetch(WARM, raw)[0].columns["temperature_2m"]
    except (AnswerRefused, AnswerBroken):
        return
    assert set(values) == {float(value)}


WORDS = "a\x1b[2J\u202eb\r\nFAKE line\x9b31m\u2028" + "x" * 100_000


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"error": True, "reason": WORDS}, 200),
        ({"error": True, "reason": WORDS}, 400),
        ({"error": True, "reason": WORDS}, 429),
        (WORDS.encode(), 500),
        (WORDS.encode(), 200),
        ({**answer_to(WARM, temperature_2m=[1.0] * 24), "timezone": WORDS}, 200),
        ({**answer_to(WARM, temperature_2m=[1.0] * 24), "hourly_units": {"temperature_2m": WORDS}}, 200),
        ({**answer_to(WARM, temperature_2m=[1.0] * 24), "hourly": {WORDS: 1}}, 200),
    ],
)
def test_what_a_source_says_is_short_and_harmless_in_every_error(body: object, status: int) -> None:
    with pytest.raises(BarographError) as refused:
        fetch(WARM, body, status)
    said = str(refused.value)
    assert (said.isprintable(), len(said) < 1500, "FAKE" in said) == (True, True, True)


def test_what_a_source_adds_is_harmless_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    body = {**answer_to(WARM, temperature_2m=[1.0] * 24), WORDS: 1}
    with caplog.at_level(logging.WARNING):
        fetch(WARM, body)
    (line,) = [record.getMessage() for record in caplog.records if "not asked for" in record.getMessage()]
    assert line.isprintable()
    assert len(line) < 500
