"""The Open-Meteo stand-in as a web application: `uvicorn stack.standin.app:app`, or `create_app` with a given clock."""

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.gzip import GZipMiddleware

from stack.standin.answers import write_answer
from stack.standin.control import Control, add_control
from stack.standin.errors import NOT_FOUND, Refused
from stack.standin.parameters import Parameters
from stack.standin.profiles import PROFILES, Profile
from stack.standin.question import read_question
from stack.standin.replay import Replay

JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"
Clock = Callable[[], datetime]


def now_utc() -> datetime:
    """The present, UTC."""
    return datetime.now(UTC)


@asynccontextmanager
async def _load_replay(app: FastAPI) -> AsyncIterator[None]:
    path = os.environ.get("STANDIN_REPLAY_FILE")
    if path:
        app.state.replay = Replay.load(Path(path))
    yield


def create_app(*, clock: Clock = now_utc, replay: Replay | None = None, control: Control | None = None) -> FastAPI:
    """The application. `clock` decides what today is; a `replay` takes the place of the made-up weather.

    `control` spoils answers as it is told; they are not compressed then. When started as a server the application loads the
    file that STANDIN_REPLAY_FILE names.
    """
    app = FastAPI(title="Open-Meteo stand-in", openapi_url=None, lifespan=_load_replay)
    app.state.clock = clock
    app.state.replay = replay
    app.state.control = control
    if control is None:
        app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=1)
    else:
        add_control(app, control)
    app.add_api_route("/health", _health, methods=["GET"])
    app.add_exception_handler(404, _not_found)
    app.add_exception_handler(405, _not_found)
    for profile in PROFILES.values():
        app.add_api_route(profile.path, _answer_weather, methods=["GET", "POST"])
    return app


async def _health(request: Request) -> dict[str, str | None]:
    replay: Replay | None = request.app.state.replay
    return {"status": "ok", "replay": None if replay is None else replay.name}


async def _not_found(_request: Request, _error: Exception) -> Response:
    return _refuse(Refused(NOT_FOUND, status=404))


async def _answer_weather(request: Request) -> Response:
    encoded = request.url.query
    if request.headers.get("content-type", "").startswith(FORM):
        encoded = "&".join(filter(None, (encoded, (await request.body()).decode())))
    profile, now = PROFILES[request.url.path], request.app.state.clock()
    respond_now = partial(respond, encoded, profile, now, request.app.state.replay)
    control: Control | None = request.app.state.control
    if control is None:
        return await run_in_threadpool(respond_now)
    return await control.answer(profile.path, encoded, now, respond_now)


def respond(encoded: str, profile: Profile, now: datetime, replay: Replay | None) -> Response:
    """The answer to the form-encoded request `encoded` at `profile`'s address, at the time `now`."""
    started = time.perf_counter()
    try:
        question = read_question(Parameters.parse(encoded), profile, now)
    except Refused as refused:
        return _refuse(refused)
    spent_ms = (time.perf_counter() - started) * 1000
    return Response(write_answer(question, replay, spent_ms), media_type=JSON)


def _refuse(refused: Refused) -> Response:
    return Response(refused.body(), status_code=refused.status, media_type=JSON)


app = create_app(control=Control() if os.environ.get("STANDIN_CONTROL") == "1" else None)
