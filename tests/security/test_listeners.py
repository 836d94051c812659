"""Ports are read from the kernel's tables as it writes them."""

import socket
from pathlib import Path

from tests.security.listeners import Listener, parse_sockets


def test_a_port_that_is_listened_on_is_found_and_a_connection_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        port = server.getsockname()[1]
        found = [one for one in parse_sockets("tcp", Path("/proc/net/tcp").read_text(), "a test") if one.port == port]
    assert found == [Listener(port, "127.0.0.1", "tcp", 0, "a test")]
    assert found[0].is_loopback


def test_addresses_of_the_newer_protocol_are_read_too() -> None:
    line = "0: {}:2382 00000000000000000000000000000000:0000 0A 0 0 0 0 0 0"
    everywhere, mapped = line.format("0" * 32), line.format("0000000000000000FFFF00000100007F")
    assert [(one.address, one.port, one.is_loopback) for one in parse_sockets("tcp6", f"{everywhere}\n{mapped}", "")] == [
        ("::", 9090, False),
        ("::ffff:127.0.0.1", 9090, True),
    ]


def test_a_bound_port_of_udp_is_found_and_is_of_no_container_alone() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("0.0.0.0", 0))  # noqa: S104 (closed again at once)
        port = bound.getsockname()[1]
        found = [one for one in parse_sockets("udp", Path("/proc/net/udp").read_text(), "") if one.port == port]
    assert [(one.kind, one.is_loopback) for one in found] == [("udp", False)]
