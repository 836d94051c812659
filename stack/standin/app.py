"""The Open-Meteo stand-in as a web application: `uvicorn stack.standin.app:app`, or `create_app` with a given clock."""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.gzip import GZipMiddleware

from stack.standin.answers import write_answer
from stack.standin.clock import Clock, SettableClock, now_utc
from stack.standin.control import Control, add_control
from stack.standin.errors import NOT_FOUND, Refused
from stack.standin.keys import check_key
from stack.standin.limits import Limiter, Limits
from stack.standin.parameters import Parameters
from stack.standin.profiles import PROFILES, Profile
from stack.standin.question import read_question
from stack.standin.received import read_parameters
from stack.standin.replay import Replay
from stack.standin.responses import Weighed, refuse


@asynccontextmanager
async def _load_replay(app: FastAPI) -> AsyncIterator[None]:
    path = os.environ.get("STANDIN_REPLAY_FILE")
    if path:
        app.state.replay = Replay.load(Path(path))
    yield


def create_app(
    *,
    clock: Clock = now_utc,
    replay: Replay | None = None,
    control: Control | None = None,
    limits: Limits | None = None,
) -> FastAPI:
    """The application. `clock` decides what today is; a `replay` takes the place of the made-up weather.

    `control` spoils answers as it is told; they are not compressed then. Without `limits` nobody is told to wait. When
    started as a server the application loads the file that STANDIN_REPLAY_FILE names.
    """
    app = FastAPI(title="Open-Meteo stand-in", openapi_url=None, lifespan=_load_replay)
    app.state.clock = SettableClock(clock)
    app.state.limits = limits
    app.state.limiter = Limiter(limits)
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
    return refuse(Refused(NOT_FOUND, status=404))


async def _answer_weather(request: Request) -> Response:
    state, profile = request.app.state, PROFILES[request.url.path]
    control: Control | None = state.control
    limiter: Limiter = state.limiter
    now, client = state.clock(), request.client.host if request.client else ""
    logged = control.log(profile.path, request.url.query, now) if control else None
    try:
        encoded = await read_parameters(request)
        respond_now = partial(respond, encoded, profile, now, state.replay, request.headers.get("x-api-key"))
        async with nullcontext() if profile.is_customer else limiter.admit(client, now):
            if control and logged:
                logged.query = encoded
                response = await control.answer(logged, respond_now)
            else:
                response = await run_in_threadpool(respond_now)
    except Refused as refused:
        response = refuse(refused)
    weight = getattr(response, "weight", 1)
    charged = 0 if profile.is_customer else limiter.charge(client, state.clock(), response.status_code, weight)
    if logged:
        logged.status, logged.weight = response.status_code, charged
    return response


def respond(encoded: str, profile: Profile, now: datetime, replay: Replay | None, key: str | None = None) -> Response:
    """The answer to the form-encoded request `encoded` at `profile`'s address, at the time `now`; `key` of its header."""
    started = time.perf_counter()
    try:
        parameters = Parameters.parse(encoded)
        check_key(profile, key or next(iter(parameters.elements.get("apikey", ())), None), encoded)
        question = read_question(parameters, profile, now)
    except Refused as refused:
        return refuse(refused)
    spent_ms = (time.perf_counter() - started) * 1000
    return Weighed(write_answer(question, replay, spent_ms), question.weight)


def _limits_of_environment() -> Limits | None:
    factor = float(os.environ.get("STANDIN_LIMITS_FACTOR") or 0)
    return Limits(factor=factor) if factor else None


def _app_of_environment() -> FastAPI:
    if os.environ.get("STANDIN_CONTROL") != "1":
        return create_app(limits=_limits_of_environment())
    token = (Path(os.environ["SECRETS_DIR"]) / "standin_token").read_text(encoding="utf-8")
    return create_app(control=Control(token), limits=_limits_of_environment())


app = _app_of_environment()
