"""A deadline over a whole request, headers and all: when it passes, the connection is shut under whoever still reads it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final
from weakref import WeakSet

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class Deadline:
    """The connections that one session has made, and the way to end them all."""

    def __init__(self, session: Session) -> None:
        self._connections: WeakSet[HTTPConnection] = WeakSet()
        for scheme in ("http://", "https://"):
            session.mount(scheme, _WatchedAdapter(self._connections))

    @contextmanager
    def over(self, seconds: float) -> Iterator[threading.Event]:
        """Shut every connection after `seconds`, unless the block has ended; the event says whether that happened."""
        has_passed = threading.Event()

        def shut() -> None:
            """Let every read that waits end with an error."""
            has_passed.set()
            for connection in list(self._connections):
                if connection.sock is not None:
                    with suppress(OSError):  # it was closed meanwhile
                        connection.sock.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, shut)
        timer.daemon = True
        timer.start()
        try:
            yield has_passed
        finally:
            timer.cancel()


class _WatchedAdapter(HTTPAdapter):
    """Pools whose connections are put into `connections`, to proxies as well."""

    def __init__(self, connections: WeakSet[HTTPConnection]) -> None:
        self._pools: Final = _watched_pools(connections)
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401  # the signature of requests
        """Pools for direct connections."""
        super().init_poolmanager(*arguments, **keywords)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *arguments: Any, **keywords: Any) -> Any:  # noqa: ANN401  # the signature of requests
        """Pools for connections through a proxy."""
        manager = super().proxy_manager_for(*arguments, **keywords)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _watched_pools(connections: WeakSet[HTTPConnection]) -> dict[str, Any]:
    class Plain(HTTPConnection):
        def connect(self) -> None:
            """Connect, and be watched from then on."""
            super().connect()
            connections.add(self)

    class Encrypted(HTTPSConnection):
        def connect(self) -> None:
            """Connect, and be watched from then on."""
            super().connect()
            connections.add(self)

    return {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": Plain}),
        "https": type("EncryptedPool", (HTTPSConnectionPool,), {"ConnectionCls": Encrypted}),
    }
