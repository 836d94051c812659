import asyncio
from dataclasses import dataclass

import httpx
import pytest
from limits.storage import MemoryStorage
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from barograph.web.door import DESCRIPTIONS, RATE, TOKENS, LoginThrottle, SecurityHeaders, content_security_policy

ALLOWED = int(RATE.split()[0])


async def log_in(request: Request) -> Response:
    """A server that knows one password."""
    return PlainTextResponse("token", 201 if await request.body() == b"right" else 401)


async def page(_request: Request) -> Response:
    """Any other page."""
    return PlainTextResponse("page")


def app_of(*middleware: Middleware) -> Starlette:
    """A server behind what is tested."""
    routes = [Route(path, log_in, methods=["POST"]) for path in TOKENS]
    return Starlette(routes=[*routes, Route("/{path:path}", page, methods=["GET", "POST"])], middleware=middleware)


@dataclass(frozen=True, slots=True)
class Client:
    """Asks a server from an address."""

    app: Starlette
    address: str = "10.0.0.1"

    def request(self, method: str, path: str, content: str = "") -> httpx.Response:
        """One request."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, client=(self.address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://web") as client:
                return await client.request(method, path, content=content)

        return asyncio.run(send())

    def get(self, path: str) -> httpx.Response:
        """A page."""
        return self.request("GET", path)

    def post(self, path: str, content: str = "") -> httpx.Response:
        """A form that is sent."""
        return self.request("POST", path, content)


@pytest.fixture
def client() -> Client:
    """Asks a server behind both."""
    return Client(app_of(Middleware(SecurityHeaders), Middleware(LoginThrottle)))


def guess(client: Client, password: str = "wrong", path: str = "/auth/token") -> int:  # noqa: S107 (made up)
    """How a login ends."""
    return client.post(path, content=password).status_code


def test_guesses_are_refused_after_some_and_a_right_password_with_them(client: Client) -> None:
    assert [guess(client) for _ in range(ALLOWED + 2)] == [401] * ALLOWED + [429, 429]
    answer = client.post("/auth/token", content="right")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.json()["detail"] == f"too many failed logins from 10.0.0.1: try again in {answer.headers['retry-after']} s"


def test_right_passwords_are_never_counted(client: Client) -> None:
    assert {guess(client, "right") for _ in range(5 * ALLOWED)} == {201}


def test_both_ways_to_a_token_are_counted_together(client: Client) -> None:
    assert [guess(client, path=path) for _ in range(ALLOWED) for path in sorted(TOKENS)][-1] == 429


def test_other_pages_are_not_counted_or_refused(client: Client) -> None:
    for _ in range(ALLOWED):
        guess(client)
    assert {client.post("/auth/login/", content="wrong").status_code, client.get("/api/v2/dags").status_code} == {200}


def test_another_address_is_not_refused() -> None:
    app = app_of(Middleware(LoginThrottle))
    first, second = Client(app), Client(app, "10.0.0.2")
    for _ in range(ALLOWED + 1):
        guess(first)
    assert (guess(first, "right"), guess(second, "right")) == (429, 201)


def test_the_wait_ends(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(ALLOWED):
        guess(client)
    assert guess(client, "right") == 429
    monkeypatch.setattr(MemoryStorage, "get_moving_window", lambda *_: (0.0, 0))  # as after a minute
    assert guess(client, "right") == 201


def test_many_at_once_gain_nothing() -> None:
    checked = 0

    async def slow(scope: dict[str, object], receive: object, send: object) -> None:
        nonlocal checked
        checked += 1
        await asyncio.sleep(0.05)
        await PlainTextResponse("no", 401)(scope, receive, send)  # type: ignore[arg-type]  # ASGI's own types

    async def attack() -> None:
        throttle = LoginThrottle(slow)  # type: ignore[arg-type]  # ASGI's own types
        scope = {"type": "http", "method": "POST", "path": "/auth/token", "client": ("10.0.0.1", 1), "headers": []}

        async def send(_message: object) -> None: ...

        await asyncio.gather(*(throttle(scope, None, send) for _ in range(10 * ALLOWED)))  # type: ignore[arg-type]  # nothing is received

    asyncio.run(attack())
    assert checked == ALLOWED


@pytest.mark.parametrize("path", ["/", "/auth/login/", "/api/v2/dags", "/static/x.js", *sorted(DESCRIPTIONS)])
def test_every_answer_has_the_headers(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == (404 if path in DESCRIPTIONS else 200)
    assert answer.headers["content-security-policy"] == content_security_policy(path)
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_refusal_has_the_headers_too(client: Client) -> None:
    for _ in range(ALLOWED):
        guess(client)
    answer = client.post("/auth/token")
    assert (answer.status_code, answer.headers["x-frame-options"]) == (429, "SAMEORIGIN")


def test_scripts_within_a_page_run_below_auth_only() -> None:
    assert "script-src 'self';" in content_security_policy("/dags")
    assert "script-src 'self' 'unsafe-inline';" in content_security_policy("/auth/users/list/")
    assert "script-src 'self';" in content_security_policy("/authors/")
