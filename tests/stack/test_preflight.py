import errno
import os
import pwd
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from stack import preflight
from stack.errors import StackError
from stack.preflight import check_memory, check_ports, check_ports_of, check_replay_file
from stack.programs import find_program, wanted_programs
from stack.settings import PORTS
from tests.stack.conftest import MakeSettings


@contextmanager
def listener() -> Iterator[socket.socket]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held


@pytest.fixture
def busy_port() -> Iterator[int]:
    with listener() as held:
        yield held.getsockname()[1]


def test_a_busy_port_is_refused_with_its_setting_and_its_holder(busy_port: int, make_settings: MakeSettings) -> None:
    with pytest.raises(StackError, match=rf"KAFKA_PORT={busy_port} cannot be used: pid {os.getpid()} .* in \.env"):
        check_ports(make_settings(KAFKA_PORT=str(busy_port)), ["kafka_port"])


def test_the_holder_of_a_port_whose_process_may_not_be_seen_is_known_by_its_user(
    busy_port: int, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(kind: str) -> list[object]:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refuse)
    user = pwd.getpwuid(os.getuid()).pw_name
    with pytest.raises(StackError, match=f"{busy_port} cannot be used: a program of user {user} listens on it"):
        check_ports(make_settings(KAFKA_PORT=str(busy_port)), ["kafka_port"])


def test_all_busy_ports_are_named_at_once(make_settings: MakeSettings) -> None:
    with listener() as one, listener() as other:
        settings = make_settings(KAFKA_PORT=str(one.getsockname()[1]), CASSANDRA_PORT=str(other.getsockname()[1]))
        with pytest.raises(StackError, match=r"KAFKA_PORT=.*; CASSANDRA_PORT="):
            check_ports(settings, ["kafka_port", "cassandra_port"])


def test_a_busy_port_that_follows_another_is_refused_with_the_setting_that_moves_it(make_settings: MakeSettings) -> None:
    with listener() as held:
        port = held.getsockname()[1]
        settings = make_settings(KAFKA_PORT=str(port - 1))
        with pytest.raises(
            StackError, match=rf"{port} \(Kafka's controller, which follows KAFKA_PORT={port - 1}\) cannot be used"
        ):
            check_ports(settings, ["kafka_controller_port"])


def test_every_port_of_a_start_is_looked_at(make_settings: MakeSettings) -> None:
    fields = {field for program in wanted_programs(make_settings(OPEN_METEO_MODE="standin")) for field in program.ports}
    assert fields == {*PORTS, "standin_port"}


def test_the_public_port_of_kafka_is_looked_at_where_it_listens(busy_port: int, make_settings: MakeSettings) -> None:
    public = {"TLS": "1", "KAFKA_PUBLIC_PORT": str(busy_port)}
    check_ports_of(make_settings(**public), [replace(find_program("kafka"), ports=())])
    with pytest.raises(StackError, match=f"KAFKA_PUBLIC_PORT={busy_port} cannot be used: pid"):
        check_ports_of(make_settings(**public, EC2_PUBLIC_DNS="example.org"), [replace(find_program("kafka"), ports=())])


def test_a_free_port_passes(busy_port: int, make_settings: MakeSettings) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert port != busy_port
    check_ports(make_settings(KAFKA_PORT=str(port)), ["kafka_port"])


def test_a_port_of_root_is_refused_with_the_ports_of_everyone(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_socket: socket.socket, _address: tuple[str, int]) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(StackError, match=r"AIRFLOW_PORT=80 cannot be used: ports below \d+ belong to root\. Set a higher one"):
        check_ports(make_settings(AIRFLOW_PORT="80"), ["airflow_port"])


def test_an_address_of_another_machine_is_refused_by_its_setting(make_settings: MakeSettings) -> None:
    with pytest.raises(StackError, match=r"WEB_BIND=192\.0\.2\.1 is no address of this machine"):
        check_ports(make_settings(WEB_BIND="192.0.2.1"), ["airflow_port"])


def test_too_little_memory_is_refused_with_both_figures(make_settings: MakeSettings) -> None:
    with pytest.raises(StackError, match=r"1\.5 GiB of memory are free, the stack needs 4\.0 with KAFKA_HEAP=512m"):
        check_memory(make_settings(), 3 * 2**29)


def test_larger_heaps_need_more_memory(make_settings: MakeSettings) -> None:
    check_memory(make_settings(), 4 * 2**30)
    with pytest.raises(StackError, match=r"the stack needs 11\.0 with .*CASSANDRA_HEAP=8g"):
        check_memory(make_settings(CASSANDRA_HEAP="8g"), 4 * 2**30)


def test_a_replay_of_a_file_that_is_not_there_is_refused(make_settings: MakeSettings) -> None:
    settings = make_settings(OPEN_METEO_MODE="standin", STANDIN_REPLAY_FILE="/not/there.csv.gz")
    with pytest.raises(StackError, match=r"STANDIN_REPLAY_FILE=/not/there\.csv\.gz: there is no such file"):
        check_replay_file(settings)


def test_too_little_disk_is_refused_with_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "NEEDED_DISK_BYTES", 2**60)
    with pytest.raises(StackError, match=f"free in {tmp_path}, .*set STATE_DIR"):
        preflight.check_disk(tmp_path / "not/there/yet")
