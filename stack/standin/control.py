"""Faults on demand, with STANDIN_CONTROL=1: rules that spoil answers, revisions that change them, and a log of all given.

PUT /control takes `Orders`, DELETE /control forgets rules, revisions and log, GET /control tells what was answered.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from ipaddress import ip_address

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from stack.standin.faults import Fault, RefusalText, spoil
from stack.standin.revisions import Revision, revise


class Rule(BaseModel):
    """`fault` for every `every`-th request whose path?query contains `match`, `times` times (None = for ever).

    `seconds`: how long `slow` waits before its answer, and `drip` between two bytes. `text`: which 429.
    """

    model_config = ConfigDict(extra="forbid")

    fault: Fault
    times: int | None = Field(default=None, ge=1)
    every: int = Field(default=1, ge=1)
    match: str = ""
    seconds: float = Field(default=1, ge=0)
    text: RefusalText = "minutely"


class Orders(BaseModel):
    """`rules` take the place of those before (the first that matches counts); `revisions` come on top of those before."""

    model_config = ConfigDict(extra="forbid")

    rules: list[Rule] = []
    revisions: list[Revision] = []


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer: when (UTC), to what, spoilt how (None = not), after how many revisions."""

    at: datetime
    path: str
    query: str
    fault: Fault | None
    revision: int


class Control:
    """The rules and revisions in force, and every answer since the last DELETE."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Answer everything rightly again, and begin a new log."""
        self._rules: list[tuple[Rule, Counter[str]]] = []
        self.revisions: list[Revision] = []
        self.answers: list[Answered] = []

    def take(self, orders: Orders) -> None:
        """See `Orders`."""
        self._rules = [(rule, Counter()) for rule in orders.rules]
        self.revisions = [*self.revisions, *orders.revisions]

    async def answer(self, path: str, query: str, now: datetime, respond: Callable[[], Response]) -> Response:
        """What `respond` gives, revised and spoilt by the rule whose turn it is."""
        rule, revisions = self._next_rule(f"{path}?{query}"), self.revisions
        self.answers.append(Answered(now, path, query, rule.fault if rule else None, len(revisions)))
        if rule and rule.fault == "slow":
            await asyncio.sleep(rule.seconds)
        response = await run_in_threadpool(_revised, respond, revisions)
        return spoil(rule.fault, response, rule.text, rule.seconds) if rule else response

    def _next_rule(self, target: str) -> Rule | None:
        for rule, seen in self._rules:
            if rule.match in target and (rule.times is None or seen["hit"] < rule.times):
                seen["matched"] += 1
                if seen["matched"] % rule.every == 0:
                    seen["hit"] += 1
                    return rule
        return None


def _revised(respond: Callable[[], Response], revisions: Sequence[Revision]) -> Response:
    response = respond()
    if response.status_code != 200 or not revisions:
        return response
    return Response(revise(bytes(response.body).decode(), revisions), media_type=response.media_type)


def add_control(app: FastAPI, control: Control) -> None:
    """Let `app` take orders at /control, from this machine only."""

    def of_this_machine(request: Request) -> None:
        if request.client is None or not ip_address(request.client.host).is_loopback:
            raise HTTPException(404)

    async def put(request: Request, orders: Orders) -> Response:
        of_this_machine(request)
        control.take(orders)
        return Response(status_code=204)

    async def delete(request: Request) -> Response:
        of_this_machine(request)
        control.forget()
        return Response(status_code=204)

    async def get(request: Request) -> dict[str, object]:
        of_this_machine(request)
        return {
            "requests": len(control.answers),
            "faults": Counter(answer.fault for answer in control.answers if answer.fault),
            "revisions": control.revisions,
            "answers": [asdict(answer) for answer in control.answers],
        }

    for method, handler in (("PUT", put), ("DELETE", delete), ("GET", get)):
        app.add_api_route("/control", handler, methods=[method], response_model=None)
