"""The connections of a session: they lead where they may, and a deadline over a whole request shuts them under their reader."""

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
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NameResolutionError, NewConnectionError

from barograph.sources.destination import Destinations


class Deadline:
    """The connections that one session has made, all to `destinations`, and the way to end them all."""

    def __init__(self, session: Session, destinations: Destinations) -> None:
        self._connections: WeakSet[HTTPConnection] = WeakSet()
        for scheme in ("http://", "https://"):
            session.mount(scheme, _WatchedAdapter(self._connections, destinations))

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
    """Pools whose connections are put into `connections` and lead to `destinations`.

    Those to a proxy lead where the user's environment says, and it is the proxy that resolves names then.
    """

    def __init__(self, connections: WeakSet[HTTPConnection], destinations: Destinations) -> None:
        self._pools: Final = _watched_pools(connections, destinations)
        self._pools_of_proxies: Final = _watched_pools(connections, None)
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401  # the signature of requests
        """Pools for direct connections."""
        super().init_poolmanager(*arguments, **keywords)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *arguments: Any, **keywords: Any) -> Any:  # noqa: ANN401  # the signature of requests
        """Pools for connections through a proxy."""
        manager = super().proxy_manager_for(*arguments, **keywords)
        manager.pool_classes_by_scheme = self._pools_of_proxies
        return manager


def _watched_pools(connections: WeakSet[HTTPConnection], destinations: Destinations | None) -> dict[str, Any]:
    class Watched(HTTPConnection):
        def connect(self) -> None:
            """Connect, and be watched from then on."""
            super().connect()
            connections.add(self)

        def _new_conn(self) -> socket.socket:
            """A socket at the first of the host's addresses that answers; the name stays that of the Host header and of TLS."""
            if destinations is None:
                return super()._new_conn()
            name = self._dns_host
            *others, last = _resolve(self, destinations)
            try:
                for address in others:
                    self._dns_host = address
                    with suppress(ConnectTimeoutError, NewConnectionError):  # the next one may answer
                        return super()._new_conn()
                self._dns_host = last
                return super()._new_conn()
            finally:
                self._dns_host = name

    class Plain(Watched):
        pass

    class Encrypted(Watched, HTTPSConnection):
        pass

    return {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": Plain}),
        "https": type("EncryptedPool", (HTTPSConnectionPool,), {"ConnectionCls": Encrypted}),
    }


def _resolve(connection: HTTPConnection, destinations: Destinations) -> list[str]:
    """The addresses that `connection` may lead to; what the resolver refuses is an error of urllib3's."""
    try:
        return destinations.resolve(connection.host, connection.port)
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    except UnicodeError as error:
        raise LocationParseError(connection.host) from error
