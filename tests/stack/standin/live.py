"""A stand-in with control on a port of its own: for answers that only a real connection can spoil."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import requests
import uvicorn

from stack.standin.app import create_app
from stack.standin.control import Control
from tests.contract.open_meteo_client import NOW

HEADERS: Final = {"Authorization": "Bearer t0ken"}


@dataclass(frozen=True, slots=True)
class Live:
    """Where it listens."""

    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def order(self, *rules: Mapping[str, Any], revisions: Sequence[Mapping[str, Any]] = (), **others: object) -> None:
        """Put these rules into force, and these revisions on top; `others` as `Orders` names them."""
        orders = {"rules": list(rules), "revisions": list(revisions), **others}
        answer = requests.put(f"{self.url}/control", json=orders, headers=HEADERS, timeout=10)
        assert answer.status_code == 204, answer.text

    def forget(self) -> None:
        """Answer rightly again."""
        requests.delete(f"{self.url}/control", headers=HEADERS, timeout=10)

    def told(self) -> dict[str, Any]:
        """What GET /control tells."""
        told: dict[str, Any] = requests.get(f"{self.url}/control", headers=HEADERS, timeout=10).json()
        return told


@contextmanager
def live_standin() -> Iterator[Live]:
    """A running stand-in whose clock shows `NOW`."""
    config = uvicorn.Config(create_app(clock=lambda: NOW, control=Control("t0ken")), port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Live(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)
