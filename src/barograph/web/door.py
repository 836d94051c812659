"""What every request to the web server passes: headers that bind the browser, and a limit on failed logins."""

from collections import Counter
from math import ceil
from time import time
from typing import Final

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

RATE: Final = "10 per minute"
"""Failed logins of one address. What is generated is never guessed; a million passwords that people choose take ten weeks."""

TOKENS: Final = frozenset(("/auth/token", "/auth/token/cli"))
"""Where name and password are exchanged for a token. The page /auth/login has Airflow's own limit."""

DESCRIPTIONS: Final = frozenset(
    f"{part}/{page}" for part in ("", "/auth", "/execution") for page in ("docs", "redoc", "openapi.json", "docs/oauth2-redirect")
)
"""Pages about the API, which run scripts of another server. They are off."""

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def content_security_policy(path: str) -> str:
    """What a page may load: everything from its own server; the pages under /auth/ have scripts within them, Airflow's none.

    Styles are set by scripts everywhere, the code editor works in blobs, and icons are data. Frames show pages of /auth/.
    """
    inline = " 'unsafe-inline'" if path.startswith("/auth/") else ""
    return (
        f"default-src 'self'; script-src 'self'{inline}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
    )


class SecurityHeaders:
    """Adds the headers to every answer, and answers for `DESCRIPTIONS`: there is no such page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers["Content-Security-Policy"] = content_security_policy(scope["path"])
            await send(message)

        answer = JSONResponse({"detail": "Not Found"}, 404) if scope["path"] in DESCRIPTIONS else self._app
        await answer(scope, receive, send_with_headers)


class LoginThrottle:
    """Refuses logins at `TOKENS` from an address with too many failures in the last minute (`RATE`).

    A login that is being checked counts as a failure until it has succeeded, so that many at once gain nothing; successes do not
    count. The counts are this process's own: the api-server has one worker.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._rate, self._failures = parse(RATE), MovingWindowRateLimiter(MemoryStorage())
        self._checking: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in TOKENS:
            await self._app(scope, receive, send)
            return
        address = scope["client"][0] if scope["client"] else ""
        window = self._failures.get_window_stats(self._rate, address)
        if window.remaining <= self._checking[address]:
            wait_s = max(1, ceil(window.reset_time - time()))
            reason = f"too many failed logins from {address}: try again in {wait_s} s"
            await JSONResponse({"detail": reason}, 429, {"Retry-After": str(wait_s)})(scope, receive, send)
            return

        async def send_and_count(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                self._failures.hit(self._rate, address)
            await send(message)

        self._checking[address] += 1
        try:
            await self._app(scope, receive, send_and_count)
        finally:
            self._checking[address] -= 1
            self._checking += Counter()  # addresses without a login are forgotten
