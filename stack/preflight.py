"""Looked at before anything starts: ports, memory, disk. One line says what is in the way and what to do."""

import platform
import shutil
import socket
from pathlib import Path
from typing import Final

import psutil

from stack.errors import StackError
from stack.programs import wanted_programs
from stack.settings import StackSettings, setting_name

NEEDED_MEMORY_BYTES: Final = 4 * 2**30
"""What all services and one load use together. Less ends in swapping or killed services."""

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
    for program in wanted_programs(settings):
        for field in program.ports:
            check_port(field, getattr(settings, field), settings.web_bind if field == "airflow_port" else "127.0.0.1")


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


def check_port(field: str, port: int, host: str = "127.0.0.1") -> None:
    """Refuse a port that something else listens on.

    Raises:
        StackError: names the port, who holds it when known, and the setting to change.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            name = setting_name(field)
            raise StackError(
                f"port {port} ({name}) cannot be used: {find_holder(port) or error.strerror}. "
                f"Stop that program, or set {name} to a free port in .env"
            ) from error


def find_holder(port: int) -> str:
    """Pid and name of the process that listens on `port`; empty when this user may not see it."""
    try:
        connections = psutil.net_connections("tcp")
        listening = [c for c in connections if c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port]
        return next((f"pid {c.pid} ({psutil.Process(c.pid).name()}) listens on it" for c in listening if c.pid), "")
    except psutil.Error:
        return ""
