"""Requests led elsewhere (SSRF): names at inner addresses, DNS that answers otherwise the second time, other schemes."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address

import pytest
import requests

from barograph.errors import AccessRefused, SourceUnavailable
from barograph.settings import Settings
from barograph.sources.destination import Destinations, find_refusal
from barograph.sources.http import Requester
from barograph.sources.open_meteo.client import OpenMeteo

HOST = "api.example.org"
PUBLIC = "93.184.215.14"
EVERYWHERE_REFUSED = [
    "169.254.169.254",  # metadata of Amazon, Google, Azure
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",  # the same through NAT64
    "2002:a9fe:a9fe::1",  # and through 6to4
    "fe80::1",
    "fd00:ec2::254",
    "100.100.100.200",
    "0.0.0.0",  # noqa: S104  # an address that is refused
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "ff02::1",
]
ONLY_NAMED = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.5", "172.17.0.2", "192.168.1.1", "100.64.0.1", "fd12::1", "fec0::1"]
ON_THE_INTERNET = [PUBLIC, "2606:4700::1111", "64:ff9b::5db8:d70e"]

Resolve = Callable[..., list[str]]


@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize("address", EVERYWHERE_REFUSED)
def test_a_metadata_service_or_no_machine_is_never_connected_to(address: str, is_named: bool) -> None:
    assert find_refusal(ip_address(address), is_named=is_named)


@pytest.mark.parametrize("address", ONLY_NAMED)
def test_this_machine_and_private_networks_are_only_for_hosts_that_the_settings_name(address: str) -> None:
    assert find_refusal(ip_address(address), is_named=False) == "which is not on the Internet"
    assert find_refusal(ip_address(address), is_named=True) == ""


@pytest.mark.parametrize("address", ON_THE_INTERNET)
def test_what_is_on_the_internet_may_be_connected_to(address: str) -> None:
    assert find_refusal(ip_address(address), is_named=False) == ""


def test_the_settings_name_their_own_origins_and_the_simulator_and_not_the_providers_hosts() -> None:
    settings = Settings(open_meteo_origins="http://weather.lan:8080, https://127.0.0.1", standin_host="Standin")
    assert settings.named_hosts == {"weather.lan", "127.0.0.1", "standin"}
    assert Settings().named_hosts == {"127.0.0.1"}
    assert OpenMeteo(settings).requester.destinations.named == settings.named_hosts


@pytest.fixture
def resolve_to(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Make DNS answer these addresses for HOST, one list after the other; gives the names that were looked up."""
    real, looked_up = socket.getaddrinfo, list[str]()

    def setting(*answers: list[str]) -> list[str]:
        """Begin."""
        left = list(answers)

        def answer(host: str, *arguments: object, **keywords: object) -> object:
            """An answer of the resolver; addresses are their own."""
            if host != HOST:
                return real(host, *arguments, **keywords)  # type: ignore[arg-type]  # passed on as they came
            looked_up.append(host)
            found = left.pop(0) if len(left) > 1 else left[0]
            return [entry for address in found for entry in real(address, *arguments, **keywords)]  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return looked_up

    return setting


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """A session without the proxies of the environment."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A service of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as inner:
        inner.settimeout(5)
        yield inner


def url_of(listening: socket.socket, scheme: str = "http") -> str:
    """An address of HOST at the port of a service."""
    return f"{scheme}://{HOST}:{listening.getsockname()[1]}/v1/forecast"


@pytest.mark.parametrize("answer", [["127.0.0.1"], [PUBLIC, "127.0.0.1"], ["169.254.169.254"]])
def test_a_foreign_name_at_an_inner_address_is_refused_before_anyone_is_connected_to(
    answer: list[str], resolve_to: Resolve, listening: socket.socket, session: requests.Session
) -> None:
    resolve_to(answer)
    with pytest.raises(AccessRefused, match=f"^{HOST} is at .*: nothing was sent. Correct its entry in DNS"):
        Requester(session=session).ask(url_of(listening), {})
    listening.settimeout(0)
    with pytest.raises(BlockingIOError):
        listening.accept()


def test_the_address_that_was_checked_is_connected_to_and_the_name_is_looked_up_once(
    resolve_to: Resolve, listening: socket.socket, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = list[object]()

    def refuse(_: socket.socket, address: object) -> None:
        """As a closed port does."""
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    looked_up = resolve_to([PUBLIC], ["127.0.0.1"])
    with pytest.raises(SourceUnavailable, match="does not answer"):
        Requester(session=session).ask(url_of(listening), {})
    assert (looked_up, connected) == ([HOST], [(PUBLIC, listening.getsockname()[1])])


class Telling(BaseHTTPRequestHandler):
    """Answers with the Host header and the path it was asked for."""

    def do_GET(self) -> None:
        """Answer."""
        body = f"{self.headers['Host']} {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the signature of http.server
        """Say nothing."""


@pytest.fixture
def telling() -> Iterator[int]:
    """The port of a server that tells what it was asked."""
    with HTTPServer(("127.0.0.1", 0), Telling) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_a_named_host_is_asked_by_its_name_at_the_first_of_its_addresses_that_answers(
    resolve_to: Resolve, telling: int, session: requests.Session
) -> None:
    resolve_to(["127.0.0.2", "127.0.0.1"])
    answer = Requester(session=session, destinations=Destinations({HOST})).ask(f"http://{HOST}:{telling}/v1", {})
    assert answer.body.decode() == f"{HOST}:{telling} /v1"


def test_tls_is_asked_for_the_name_and_not_for_the_address(
    resolve_to: Resolve, listening: socket.socket, session: requests.Session
) -> None:
    context, asked_for = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), list[object]()
    context.sni_callback = lambda _, name, __: asked_for.append(name)

    def shake_hands() -> None:
        """Begin, and end without a certificate."""
        with listening.accept()[0] as connection, suppress(OSError):
            context.wrap_socket(connection, server_side=True)

    server = threading.Thread(target=shake_hands)
    server.start()
    resolve_to(["127.0.0.1"])
    with pytest.raises(SourceUnavailable):
        Requester(session=session, destinations=Destinations({HOST})).ask(url_of(listening, "https"), {})
    server.join(5)
    assert asked_for == [HOST]


def test_a_proxy_of_the_environment_may_be_anywhere_and_resolves_the_names_itself(
    resolve_to: Resolve, telling: int, session: requests.Session
) -> None:
    looked_up = resolve_to(["127.0.0.1"])
    session.proxies = {"http": f"http://127.0.0.1:{telling}"}
    answer = Requester(session=session).ask(f"http://{HOST}/v1", {})
    assert (looked_up, answer.body.decode()) == ([], f"{HOST} http://{HOST}/v1")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "http://127.0.0.1:1/", f"http://{'a' * 64}.example/"]
)
def test_other_schemes_and_names_that_are_none_are_refused(url: str, session: requests.Session) -> None:
    with pytest.raises(AccessRefused):
        Requester(session=session).ask(url, {})
