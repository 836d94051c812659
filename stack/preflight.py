"""Looked at before anything starts: ports, memory, disk. One line says what is in the way and what to do."""

import platform
import pwd
import shutil
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import psutil

from stack.errors import StackError
from stack.programs import Program, wanted_programs
from stack.settings import StackSettings, setting_name

NEEDED_MEMORY_BYTES: Final = 4 * 2**30
"""What all services and one load use together. Less ends in swapping or killed services."""

_LISTEN: Final = "0A"

NEEDED_DISK_BYTES: Final = 3 * 2**30
"""Jars 0.4 GiB, Cassandra's commit log 1 GiB, Kafka's first segments, logs, room to work."""


def check_machine(settings: StackSettings) -> None:
    """Refuse to start where the services could not work.

    Raises:
        StackError: architecture, memory, disk or a port is in the way.
    """
    if platform.machine() not in {"x86_64", "AMD64"}:
        raise StackError(f"this machine is {platform.machine()}, the embedded PostgreSQL needs x86_64: use another machine")
    check_memory(psutil.virtual_memory().available)
    check_disk(settings.state_dir)
    check_ports_of(settings, wanted_programs(settings))


def check_ports_of(settings: StackSettings, programs: Iterable[Program]) -> None:
    """Refuse to start `programs` where something else listens on their ports.

    Raises:
        StackError: as `check_ports`.
    """
    fields = [field for program in programs for field in program.ports]
    hosts = {"airflow_port": settings.web_bind}
    check_ports({field: (hosts.get(field, "127.0.0.1"), getattr(settings, field)) for field in fields})


def check_memory(available_bytes: int) -> None:
    """Refuse less free memory than the services need.

    Raises:
        StackError: names what is free and what is needed.
    """
    if available_bytes < NEEDED_MEMORY_BYTES:
        raise StackError(
            f"{available_bytes / 2**30:.1f} GiB of memory are free, the stack needs {NEEDED_MEMORY_BYTES / 2**30:.0f}: "
            "stop other programs, then start again"
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


def check_ports(addresses: Mapping[str, tuple[str, int]]) -> None:
    """Refuse addresses (host and port by setting field) that something else listens on.

    Raises:
        StackError: names each port, its setting, and who holds it when known.
    """
    problems = {setting_name(field): _find_port_problem(*address) for field, address in addresses.items()}
    if busy := [f"{name}={problem}" for name, problem in problems.items() if problem]:
        raise StackError(f"{'; '.join(busy)}. Stop that program, or set the name to a free port in .env")


def _find_port_problem(host: str, port: int) -> str:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            return f"{port} cannot be used: {_find_holder(port) or error.strerror}"
    return ""


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
