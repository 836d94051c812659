"""Asks the stand-in as a client would, without a port: whole HTTP requests through ASGI."""

import asyncio
from datetime import UTC, datetime

import httpx

from stack.standin.app import create_app
from stack.standin.replay import Replay

NOW = datetime(2026, 7, 20, 12, 30, tzinfo=UTC)


def ask(url: str, *, at: datetime = NOW, replay: Replay | None = None, form: str | None = None) -> httpx.Response:
    """The stand-in's response to `url` (path and query) when its clock shows `at`; `form` makes it a POST."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=create_app(clock=lambda: at, replay=replay))
        async with httpx.AsyncClient(transport=transport, base_url="http://standin") as client:
            if form is None:
                return await client.get(url)
            headers = {"content-type": "application/x-www-form-urlencoded"}
            return await client.post(url, content=form, headers=headers)

    return asyncio.run(send())
