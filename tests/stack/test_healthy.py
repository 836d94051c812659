"""scripts/healthy.py, which containers are asked with, against a server with a certificate."""

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from stack.certificates import make_certificates
from stack.settings import REPOSITORY, StackSettings
from tests.stack.conftest import MakeSettings


class Healthy(BaseHTTPRequestHandler):
    """Answers that one part is healthy and another is not."""

    def do_GET(self) -> None:
        """Both parts."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"triggerer": {"status": "healthy"}, "scheduler": {"status": "unhealthy"}}).encode())

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 (the base class names it so)
        """Nothing is printed."""


@pytest.fixture
def settings(make_settings: MakeSettings) -> StackSettings:
    """With certificates."""
    settings = make_settings(TLS="1")
    make_certificates(settings)
    return settings


@pytest.fixture
def url(settings: StackSettings) -> Iterator[str]:
    """The server's address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings.certificate_file("airflow"))
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def ask(url: str, folder: Path, *part: str) -> int:
    """The exit code."""
    command = [sys.executable, str(REPOSITORY / "scripts/healthy.py"), url, *part]
    return subprocess.run(command, env={"TLS_DIR": str(folder)}, capture_output=True, check=False).returncode


def test_a_server_is_healthy_when_its_certificate_and_its_answer_are(
    settings: StackSettings, url: str, make_settings: MakeSettings, tmp_path: Path
) -> None:
    assert ask(url, settings.tls_dir) == ask(url, settings.tls_dir, "triggerer") == 0
    assert ask(url, settings.tls_dir, "scheduler") == 1
    other = make_settings(STATE_DIR=str(tmp_path / "other"))
    make_certificates(other)
    assert ask(url, other.tls_dir) == 1
