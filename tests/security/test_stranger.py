"""A walker that finds nothing must have looked: what it takes for open, tried at ports of this test's own."""

import socket
from collections.abc import Iterator
from threading import Thread

import pytest

from stack.settings import StackSettings, load_settings
from tests.security.listeners import Listener
from tests.security.stranger import Errand, Port, strangers_doors, try_port

ANYWHERE = "0.0.0.0"  # noqa: S104 (no socket is opened there)
REFUSAL = b"java.lang.IllegalStateException: Expected SaslMessage, received something else"


@pytest.fixture
def settings() -> StackSettings:
    """The defaults."""
    return load_settings()


@pytest.fixture
def port() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def is_open(settings: StackSettings, port: int, *, service: str, address: str = ANYWHERE, is_insider: bool = False) -> list[bool]:
    """What the walker says of `port`, on which `service` is said to listen at `address`."""
    there = Port("127.0.0.1", service, Listener(port, address, "tcp", 0, ""))
    return [attempt.is_open for attempt in try_port(there, settings, strangers_doors([]), is_insider=is_insider)]


def test_a_port_of_an_unknown_kind_is_open(settings: StackSettings, port: int) -> None:
    assert is_open(settings, port, service="kafka") == [True]


def test_a_port_for_its_container_alone_is_open_when_others_reach_it(settings: StackSettings, port: int) -> None:
    assert is_open(settings, port, service="kafka", address="127.0.0.1") == [True]


def test_a_port_for_its_container_alone_is_shut_when_others_are_refused(settings: StackSettings) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        free = int(one.getsockname()[1])
    assert is_open(settings, free, service="kafka", address="127.0.0.1") == [False]


@pytest.mark.parametrize(("answer", "wanted"), [(REFUSAL, False), (b"java.io.EOFException", True)])
def test_sparks_port_is_shut_when_it_asks_for_a_login(settings: StackSettings, answer: bytes, wanted: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=lambda: _answer(server, answer), daemon=True).start()
        assert is_open(settings, int(server.getsockname()[1]), service="spark-worker") == [wanted]


def _answer(server: socket.socket, answer: bytes) -> None:
    connection, _ = server.accept()
    connection.recv(64)
    connection.sendall(bytes(21) + answer)
    connection.close()


def test_an_insider_leaves_what_needs_no_login_to_strangers(settings: StackSettings, port: int) -> None:
    assert is_open(settings, port, service="spark-worker", is_insider=True) == []


def test_an_errand_arrives_as_it_was_sent() -> None:
    errand = Errand([Port("kafka-1", "kafka", Listener(9092, ANYWHERE, "tcp", 0, "kafka"))], [("get", "/x")])
    assert Errand.parse(str(errand)) == errand
