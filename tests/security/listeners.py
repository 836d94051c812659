"""What a stack listens on, found from the kernel and not from a list."""

import socket
import struct
from collections.abc import Iterator
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
        """Whether only this machine, or this container, reaches it."""
        return self.address == "::1" or self.address.removeprefix("::ffff:").startswith("127.")


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


_LISTENS, _BOUND = "0A", "07"
"""States of a socket in /proc/net/tcp and /proc/net/udp."""


def parse_sockets(kind: str, table: str, command: str) -> Iterator[Listener]:
    """The listening sockets in the text of /proc/net/tcp, tcp6, udp or udp6, all of `command`, which the text does not name."""
    for line in table.splitlines():
        fields = line.split()
        if len(fields) > 3 and fields[3] == (_LISTENS if kind.startswith("tcp") else _BOUND):
            address, port = fields[1].split(":")
            words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
            family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
            known = socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words))
            yield Listener(int(port, 16), known, kind.removesuffix("6"), 0, command)
