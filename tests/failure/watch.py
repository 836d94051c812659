"""Where the tasks' processes are connected to."""

import threading
from dataclasses import dataclass, field

import psutil


@dataclass
class Deadline:
    """Looks where the tasks' processes are connected to, while it is entered."""

    seen: set[tuple[str, int]] = field(default_factory=set)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Deadline":
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.2):
            for process in psutil.Process().children(recursive=True):
                try:
                    if process.name() != "server":  # the proxy itself
                        self.seen |= _connections(process)
                except psutil.Error:  # it has ended
                    continue


def _connections(process: psutil.Process) -> set[tuple[str, int]]:
    """Address and port of the other ends; Java writes IPv4 addresses as ::ffff:127.0.0.1."""
    found = [one for one in process.net_connections("tcp") if one.raddr and one.status == psutil.CONN_ESTABLISHED]
    return {(one.raddr.ip.rpartition(":")[2], one.raddr.port) for one in found}
