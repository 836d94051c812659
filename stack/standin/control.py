"""Faults on demand, with STANDIN_CONTROL=1: rules that spoil answers, revisions that change them, and a log of all given.

PUT /control takes `Orders`, DELETE /control goes back to the start with an empty log, GET /control tells what was answered:
for who is on this machine and sends the token. Who asks for weather needs none.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from ipaddress import ip_address
from secrets import compare_digest

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from stack.standin.faults import spoil
from stack.standin.orders import Answered, Orders, Rule
from stack.standin.responses import Weighed
from stack.standin.revisions import Revision, revise


class Control:
    """The rules and revisions in force, and every answer since the last DELETE. `token` is what orders come with."""

    def __init__(self, token: str) -> None:
        self.token = token
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

    def log(self, path: str, query: str, now: datetime) -> Answered:
        """A new line of the log, to be completed."""
        self.answers.append(Answered(now, path, query, None, len(self.revisions)))
        return self.answers[-1]

    async def answer(self, logged: Answered, respond: Callable[[], Response]) -> Response:
        """What `respond` gives, revised and spoilt by the rule whose turn it is; both are noted in `logged`."""
        rule, revisions = self._next_rule(f"{logged.path}?{logged.query}"), self.revisions
        logged.fault, logged.revision = rule.fault if rule else None, len(revisions)
        if rule and rule.fault == "slow":
            await asyncio.sleep(rule.seconds)
        response = await run_in_threadpool(_revised, respond, revisions)
        return spoil(rule, response) if rule else response

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
    if revisions and isinstance(response, Weighed):
        return Weighed(revise(bytes(response.body).decode(), revisions), response.weight)
    return response


def add_control(app: FastAPI, control: Control) -> None:
    """Let `app` take orders at /control, from this machine only, with `Authorization: Bearer` and its token."""

    async def may_order(request: Request) -> None:
        if request.client is None or not ip_address(request.client.host).is_loopback:
            raise HTTPException(404)
        if not compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {control.token}".encode()):
            raise HTTPException(401)

    async def put(orders: Orders) -> Response:
        control.take(orders)
        if orders.limits:
            app.state.limiter.begin(None if orders.limits == "off" else orders.limits)
        if orders.clock:
            app.state.clock.set(orders.clock)
        return Response(status_code=204)

    async def delete() -> Response:
        control.forget()
        app.state.limiter.begin(app.state.limits)
        app.state.clock.set(None)
        return Response(status_code=204)

    async def get() -> dict[str, object]:
        return {
            "requests": len(control.answers),
            "faults": Counter(answer.fault for answer in control.answers if answer.fault),
            "revisions": control.revisions,
            "used": app.state.limiter.usage(app.state.clock()),
            "answers": [asdict(answer) for answer in control.answers],
        }

    for method, handler in (("PUT", put), ("DELETE", delete), ("GET", get)):
        app.add_api_route("/control", handler, methods=[method], response_model=None, dependencies=[Depends(may_order)])
