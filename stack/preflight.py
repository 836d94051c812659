"""Looked at before anything starts: ports, memory, disk. One line says what is in the way and what to do."""

import errno
import platform
import pwd
import shutil
import socket
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

import psutil

from barograph.setting_rules import size_bytes
from stack.errors import StackError
from stack.programs import Program, wanted_programs
from stack.settings import LOOPBACK, StackSettings, setting_name

_HEAPS: Final = ("kafka_heap", "cassandra_heap", "spark_driver_memory")

OTHER_MEMORY_BYTES: Final = 3 * 2**29
"""What the services use together besides the heaps of Kafka, Cassandra and a load's driver. With less, the machine swaps, or the
kernel ends some of them."""

_LISTEN: Final = "0A"

NEEDED_DISK_BYTES: Final = 3 * 2**30
"""Jars 0.4 GiB, Cassandra's commit log 1 GiB, Kafka's first segments, logs, room to work."""


def check_machine(settings: StackSettings) -> None:
    """Refuse to start where the services could not work.

    Raises:
        StackError: architecture, memory, disk, a port, or a file that is not there is in the way.
    """
    if platform.machine() not in {"x86_64", "AMD64"}:
        raise StackError(f"this machine is {platform.machine()}, the embedded PostgreSQL needs x86_64: use another machine")
    check_memory(settings, psutil.virtual_memory().available)
    check_disk(settings.state_dir)
    check_replay_file(settings)
    check_ports_of(settings, wanted_programs(settings))


def check_ports_of(settings: StackSettings, programs: Collection[Program]) -> None:
    """Refuse to start `programs` where something else listens on their ports.

    Raises:
        StackError: as `check_ports`.
    """
    names, fields = {program.name for program in programs}, [field for program in programs for field in program.ports]
    check_ports(settings, [*fields, *(["kafka_public_port"] if "kafka" in names and settings.ec2_public_dns else [])])


def check_memory(settings: StackSettings, available_bytes: int) -> None:
    """Refuse less free memory than the services need with the heaps of `settings`.

    Raises:
        StackError: names what is free and what is needed.
    """
    heaps = {setting_name(field): str(getattr(settings, field)) for field in _HEAPS}
    needed_bytes = OTHER_MEMORY_BYTES + sum(size_bytes(heap) for heap in heaps.values())
    if available_bytes < needed_bytes:
        raise StackError(
            f"{available_bytes / 2**30:.1f} GiB of memory are free, the stack needs {needed_bytes / 2**30:.1f} with "
            f"{', '.join(f'{name}={heap}' for name, heap in heaps.items())}: stop other programs, or lower these in .env"
        )


def check_replay_file(settings: StackSettings) -> None:
    """Refuse to replay a file that is not there.

    Raises:
        StackError: names the setting.
    """
    if settings.is_replay and not Path(settings.standin_replay_file).is_file():
        raise StackError(
            f"STANDIN_REPLAY_FILE={settings.standin_replay_file}: there is no such file. Correct it, or start with --offline"
        )


def check_disk(state_dir: Path) -> None:
    """Refuse less free disk than the services need, in the state folder or where it will be made.

    Raises:
        StackError: names the folder, what is free and what is needed.
    """
    folder = next(path for path in (state_dir, *state_dir.parents) if path.exists())
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < NEEDED_DISK_BYTES:
        raise StackError(
            f"{free_bytes / 2**30:.1f} GiB are free in {folder}, the stack needs {NEEDED_DISK_BYTES / 2**30:.0f}: "
            "make room, or set STATE_DIR to a folder on another disk"
        )


def check_ports(settings: StackSettings, fields: Iterable[str]) -> None:
    """Refuse ports, by their fields, that something else listens on or that this user may not have.

    Raises:
        StackError: names each port, the setting that decides it, and who holds it when known.
    """
    hosts = {
        "airflow_port": "web_bind",
        "kafka_port": "listen_host",
        "kafka_public_port": "kafka_public_bind",
        "cassandra_port": "listen_host",
        "standin_port": "listen_host",
    }
    addresses = {field: (hosts.get(field, ""), int(getattr(settings, field))) for field in fields}
    problems = [
        problem
        for field, (host_field, port) in addresses.items()
        if (problem := _find_port_problem(settings, settings.describe_port(field), host_field, port))
    ]
    if problems:
        raise StackError("; ".join(problems))


def _find_port_problem(settings: StackSettings, port_name: str, host_field: str, port: int) -> str:
    host = getattr(settings, host_field) if host_field else LOOPBACK
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                held = _find_holder(port) or "another program listens on it"
                return f"{port_name} cannot be used: {held}. Stop that program, or set another port in .env"
            if error.errno == errno.EACCES:
                return f"{port_name} cannot be used: ports below {_first_free_port()} belong to root. Set a higher one in .env"
            named = f"{setting_name(host_field)}={host}" if host_field else host
            return f"{named} is no address of this machine ({error.strerror}): write {LOOPBACK}"
    return ""


def _first_free_port() -> int:
    """The first port that everyone may listen on; 1024 where the kernel does not tell."""
    limit = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    return int(limit.read_text(encoding="ascii")) if limit.is_file() else 1024


def _find_holder(port: int) -> str:
    """Pid and name of the process that listens on `port`; its user alone where this one may not see more."""
    try:
        connections = psutil.net_connections("tcp")
        listening = [c for c in connections if c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port]
        holder = next((f"pid {c.pid} ({psutil.Process(c.pid).name()}) listens on it" for c in listening if c.pid), "")
    except psutil.Error:
        holder = ""
    return holder or _find_owner(port)


def _find_owner(port: int) -> str:
    """Whose process listens on `port`: the kernel tells every user that much. Source: proc_pid_net(5)."""
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    uids = [int(row[7]) for row in rows if int(row[1].split(":")[1], 16) == port and row[3] == _LISTEN]
    names = {user.pw_uid: user.pw_name for user in pwd.getpwall()}
    return next((f"a program of user {names.get(uid, uid)} listens on it" for uid in uids), "")
