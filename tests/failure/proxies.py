"""toxiproxy between the tasks and the services. Go builds it into a folder of the tests' own; nothing else needs it."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import requests

from stack.settings import REPOSITORY

MODULE: Final = "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0"
FOLDER: Final = REPOSITORY / ".stack-toxiproxy"
BUILD_S: Final = 600
START_S: Final = 20


class Proxies:
    """A running toxiproxy. Source of the paths and toxics: README.md of Shopify/toxiproxy."""

    def __init__(self, url: str) -> None:
        self._url, self._session = url, requests.Session()
        self._session.trust_env = False

    def add(self, name: str, listen: str, upstream: str) -> str:
        """Pass on what comes to `listen`; where it listens (a port of 0 is chosen)."""
        return str(self._post("/proxies", name=name, listen=listen, upstream=upstream)["listen"])

    def cut(self, name: str) -> None:
        """Close every connection, and refuse new ones."""
        self._post(f"/proxies/{name}", enabled=False)

    def slow_down(self, name: str, milliseconds: int) -> None:
        """Let each piece wait, both ways."""
        for stream in ("upstream", "downstream"):
            self._poison(name, stream, "latency", latency=milliseconds, jitter=milliseconds // 2)

    def silence(self, name: str) -> None:
        """Half-open: connections stay, and nothing goes through them any more, either way."""
        for stream in ("upstream", "downstream"):
            self._poison(name, stream, "timeout", timeout=0)

    def heal(self) -> None:
        """Everything goes through again; what was silenced is closed."""
        self._post("/reset")

    def wait(self) -> None:
        """Until it answers."""
        until = time.monotonic() + START_S
        while True:
            try:
                self._session.get(f"{self._url}/version", timeout=5).raise_for_status()
            except requests.ConnectionError:
                assert time.monotonic() < until, f"toxiproxy at {self._url} does not answer after {START_S} s"
                time.sleep(0.1)
            else:
                return

    def _poison(self, name: str, stream: str, kind: str, **attributes: int) -> None:
        self._post(f"/proxies/{name}/toxics", type=kind, stream=stream, attributes=attributes)

    def _post(self, path: str, **body: object) -> dict[str, object]:
        answer = self._session.post(f"{self._url}{path}", json=body, timeout=10)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}


@contextmanager
def running_proxies(port: int) -> Iterator[Proxies]:
    """Toxiproxy, taking orders at `port` of this machine."""
    command = [str(FOLDER / "server"), "-host", "127.0.0.1", "-port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        proxies = Proxies(f"http://127.0.0.1:{port}")
        proxies.wait()
        yield proxies
    finally:
        process.terminate()
        process.wait(10)


def why_not() -> str:
    """Why there is no toxiproxy, after an attempt to build it; empty when there is one."""
    if (FOLDER / "server").exists():
        return ""
    go = shutil.which("go") or ("/usr/local/go/bin/go" if Path("/usr/local/go/bin/go").exists() else None)
    if go is None:
        return "the network cannot be harmed: toxiproxy is built by Go, which is missing (apt-get install golang)"
    environment = {**os.environ, "GOBIN": str(FOLDER)}
    done = subprocess.run([go, "install", MODULE], env=environment, capture_output=True, text=True, timeout=BUILD_S, check=False)
    if done.returncode:
        return f"the network cannot be harmed: `go install {MODULE}` failed: {done.stderr.strip().splitlines()[-1:]}"
    return ""
