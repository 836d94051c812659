import os
import pwd
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack import preflight
from stack.errors import StackError


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_busy_port_is_refused_with_its_setting_and_its_holder(busy_port: int) -> None:
    with pytest.raises(StackError, match=rf"KAFKA_PORT={busy_port} cannot be used: pid {os.getpid()} .* in \.env"):
        preflight.check_ports({"kafka_port": ("127.0.0.1", busy_port)})


def test_the_holder_of_a_port_whose_process_may_not_be_seen_is_known_by_its_user(
    busy_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(kind: str) -> list[object]:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refuse)
    user = pwd.getpwuid(os.getuid()).pw_name
    with pytest.raises(StackError, match=f"{busy_port} cannot be used: a program of user {user} listens on it"):
        preflight.check_ports({"kafka_port": ("127.0.0.1", busy_port)})


def test_all_busy_ports_are_named_at_once(busy_port: int) -> None:
    with pytest.raises(StackError, match=r"KAFKA_PORT=.*; CASSANDRA_PORT="):
        preflight.check_ports({"kafka_port": ("127.0.0.1", busy_port), "cassandra_port": ("127.0.0.1", busy_port)})


def test_a_free_port_passes(busy_port: int) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert port != busy_port
    preflight.check_ports({"kafka_port": ("127.0.0.1", port)})


def test_too_little_memory_is_refused_with_both_figures() -> None:
    with pytest.raises(StackError, match=r"1\.5 GiB of memory are free, the stack needs 4"):
        preflight.check_memory(3 * 2**29)


def test_too_little_disk_is_refused_with_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "NEEDED_DISK_BYTES", 2**60)
    with pytest.raises(StackError, match=f"free in {tmp_path}, .*set STATE_DIR"):
        preflight.check_disk(tmp_path / "not/there/yet")
