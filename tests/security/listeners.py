"""What a stack listens on, found from the kernel and not from a list."""

import socket
from dataclasses import dataclass
from pathlib import Path

import psutil

from stack.leftovers import find_leftovers


@dataclass(frozen=True, slots=True, order=True)
class Listener:
    """One port that a process of the stack answers on; `kind` is tcp or udp, `command` the end of its command line."""

    port: int
    address: str
    kind: str
    pid: int
    command: str

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return self.address in {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def find_listeners(state_dir: Path) -> list[Listener]:
    """Every TCP port that processes of this stack listen on, and every UDP port that they have bound, each once."""
    found: dict[tuple[str, str, int], Listener] = {}
    for process in find_leftovers(state_dir):
        try:
            connections = process.net_connections("inet")
            command = " ".join(process.cmdline())[-160:]
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # ended meanwhile
        for one in connections:
            is_tcp = one.type == socket.SOCK_STREAM
            if (is_tcp and one.status == psutil.CONN_LISTEN) or (not is_tcp and not one.raddr):
                kind = "tcp" if is_tcp else "udp"
                listener = Listener(one.laddr.port, one.laddr.ip, kind, process.pid, command)
                found.setdefault((kind, one.laddr.ip, one.laddr.port), listener)
    return sorted(found.values())
