"""The requester against a real server on this machine."""

import gzip
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from barograph.errors import AccessRefused, AnswerBroken, AnswerRefused, AnswerTooLarge, RequestRefused, SourceUnavailable
from barograph.settings import Settings
from barograph.sources import http
from barograph.sources.destination import Destinations
from barograph.sources.http import Requester
from barograph.sources.open_meteo.client import OpenMeteo
from tests.sources.answers import ask_for

HERE = Destinations({"127.0.0.1"})
GZIP = {"Content-Encoding": "gzip"}
CHUNKED = {"Transfer-Encoding": "chunked"}
ANSWERS: Mapping[str, tuple[int, bytes, Mapping[str, str]]] = {
    "/good": (200, b"good", {}),
    "/gzip": (200, gzip.compress(b"good" * 1000), GZIP),
    "/corrupt-gzip": (200, b"\x1f\x8b" + b"x" * 100, GZIP),
    "/chunked": (200, b"4\r\ngood\r\n0\r\n\r\n", CHUNKED),
    "/cut-chunked": (200, b"4\r\ngood\r\n", CHUNKED),
    "/cut": (200, b"go", {"Length": "4"}),
    "/redirect": (302, b"", {"Location": "/good"}),
    "/redirect/dwd-icon": (302, b"", {"Location": "/good"}),
    "/large": (200, b"x" * 5000, {}),
    "/bomb": (200, gzip.compress(b"x" * 1_000_000), GZIP),
}
"""Status, body and headers by path; the header Length is the Content-Length that is claimed."""


class Handler(BaseHTTPRequestHandler):
    """Answers each path in its own bad way."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the signature of http.server
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer by path."""
        self.close_connection = True
        path = self.path.partition("?")[0]
        if path == "/drip":
            self._drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x" * 1000)
        else:
            status, body, headers = ANSWERS[path]
            self._send(status, body, headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        if "Transfer-Encoding" not in headers:
            self.send_header("Content-Length", headers.get("Length", str(len(body))))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, head: bytes, rest: bytes) -> None:
        self.wfile.write(head)
        for n in range(len(rest)):
            time.sleep(0.02)
            try:
                self.wfile.write(rest[n : n + 1])
            except OSError:
                return


@dataclass
class Server:
    """Where the bad server listens."""

    url: str


class Quiet(ThreadingHTTPServer):
    """A server that does not wait for clients it still drips at."""

    daemon_threads = True
    block_on_close = False


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The bad server."""
    with Quiet(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Server(f"http://127.0.0.1:{running.server_address[1]}")
        running.shutdown()


@contextmanager
def requester(deadline_s: float = 5) -> Iterator[Requester]:
    """A requester that asks this machine without a proxy."""
    with requests.Session() as session:
        session.trust_env = False
        yield Requester(deadline_s=deadline_s, session=session, destinations=HERE)


def get(url: str, deadline_s: float = 5) -> bytes:
    """The body at `url`."""
    with requester(deadline_s) as asking:
        return asking.ask(url, {}).body


@pytest.mark.parametrize(("path", "body"), [("/good", b"good"), ("/gzip", b"good" * 1000), ("/chunked", b"good")])
def test_a_whole_body_is_read(server: Server, path: str, body: bytes) -> None:
    assert get(server.url + path) == body


@pytest.mark.parametrize("path", ["/cut", "/cut-chunked", "/corrupt-gzip"])
def test_a_cut_or_corrupt_body_is_broken(server: Server, path: str) -> None:
    with pytest.raises(AnswerBroken, match="the answer was cut"):
        get(server.url + path)


def test_a_redirect_is_not_followed(server: Server) -> None:
    with requester() as asking:
        assert asking.ask(server.url + "/redirect", {}).status == 302


def test_a_redirect_is_refused_as_an_answer(server: Server) -> None:
    settings = Settings(base_url=server.url + "/redirect/dwd-icon", open_meteo_origins=server.url)
    with requester() as asking, pytest.raises(AnswerRefused, match="answered 302 where 200 was due"):
        list(OpenMeteo(settings, asking).fetch(ask_for("rain")))


@pytest.mark.parametrize("path", ["/large", "/bomb"])
def test_a_huge_body_is_refused(server: Server, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 4096)
    with pytest.raises(AnswerTooLarge, match="larger than 4096 bytes"):
        get(server.url + path)


def test_a_slow_drip_ends_at_the_deadline(server: Server) -> None:
    started = time.monotonic()
    with pytest.raises(SourceUnavailable, match="no complete answer within"):
        get(server.url + "/drip", deadline_s=0.2)
    assert time.monotonic() - started < 2


def test_a_host_that_dns_does_not_know_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(SourceUnavailable, match=r"api\.example\.invalid"):
        get("http://api.example.invalid/v1/dwd-icon")


def test_a_closed_port_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(SourceUnavailable, match="does not answer"):
        get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("url", ["htp://api.open-meteo.com/v1/archive", "api.open-meteo.com/v1/archive", "http://"])
def test_an_address_that_is_none_is_refused_for_good(url: str) -> None:
    with pytest.raises(RequestRefused, match="address"):
        get(url)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    day = timedelta(days=1)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "self-signed.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


@contextmanager
def one_connection(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """The https address of a server that hands each connection to `answer` and closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                answer(connection)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}/"
        serving.join(5)


def test_a_certificate_that_is_not_trusted_is_refused_for_good(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def shake_hands(connection: socket.socket) -> None:
        with suppress(OSError):
            context.wrap_socket(connection, server_side=True).close()

    with one_connection(shake_hands) as url, pytest.raises(RequestRefused, match="certificate is not trusted"):
        get(url)


def test_a_handshake_that_breaks_off_is_waited_for() -> None:
    def hang_up(connection: socket.socket) -> None:
        connection.recv(1)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass

    with one_connection(hang_up) as url, pytest.raises(SourceUnavailable, match="does not answer"):
        get(url)


@pytest.mark.parametrize("secret", [" 5ecre7", "5ecre7\nX-Other: 1", "5ecre7→", "5ecre7\r"])
def test_a_header_that_cannot_be_sent_is_refused_and_shown_nowhere(server: Server, secret: str) -> None:
    requester = Requester(retry_for_s=0, destinations=HERE)
    with pytest.raises(AccessRefused, match="a header of the request holds what no header may hold") as refused:
        requester.ask(server.url + "/good", {}, {"X-Api-Key": secret})
    shown = "".join(traceback.format_exception(refused.value))
    assert ("5ecre7" in shown, refused.value.__cause__, refused.value.__context__) == (False, None, None)
