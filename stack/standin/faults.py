"""How an answer is spoilt. Texts of the hosted API word for word. Source: recorded answers."""

import asyncio
import gzip
import socket
import struct
from collections.abc import AsyncIterator
from functools import cache
from typing import Any, Final, get_args

from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from stack.standin.edits import Edit, edit_answer
from stack.standin.limits import too_many
from stack.standin.orders import Rule
from stack.standin.responses import HTML, JSON, refuse

STREAM_ERROR: Final = "Unexpected error while streaming data: timeoutReached"
NAN: Final = (
    '{"latitude":nan,"longitude":nan,"generationtime_ms":0.0021,"utc_offset_seconds":0,"timezone":"GMT",'
    '"timezone_abbreviation":"GMT"}'
)
WHOLE: Final[dict[str, tuple[int, str, str]]] = {
    "500": (500, '{"reason":"Something went wrong.","error":true}', JSON),
    "502": (502, HTML.format("502 Bad Gateway"), "text/html"),
    "503": (503, '{"error":true,"reason":"The service is overloaded"}', JSON),
    "504": (504, HTML.format("504 Gateway Time-out"), "text/html"),
    "empty": (200, "", JSON),
    "html": (200, HTML.format("Welcome to nginx!"), "text/html"),
    "error-object": (200, '{"reason":"Something went wrong.","error":true}', JSON),
    "stream-error": (200, STREAM_ERROR, JSON),
    "nan": (200, NAN, JSON),
}
"""Status, body and type of the answers that have nothing of the right one."""
GZIP: Final = {"content-encoding": "gzip"}
BOMB_BYTES: Final = 80 * 1024 * 1024
"""What the bomb unpacks to, from about a thousandth of that."""


def spoil(rule: Rule, response: Response) -> Response:
    """`response` after the rule's fault, with its headers on top."""
    spoilt = _spoil(rule, response)
    for name, value in rule.headers.items():
        spoilt.headers[name] = value
    return spoilt


def _spoil(rule: Rule, response: Response) -> Response:
    fault, body = rule.fault, bytes(response.body)
    if fault == "429":
        return refuse(too_many(rule.text))
    if fault == "canned":
        return Response(rule.body, rule.status, media_type=rule.media_type)
    if fault in WHOLE:
        status, other, media_type = WHOLE[fault]
        return Response(other, status, media_type=media_type)
    if fault in get_args(Edit):
        return Response(edit_answer(fault, body), media_type=JSON)  # type: ignore[arg-type]  # it is one of them
    if fault == "stream-error-appended":
        return Response(body[: len(body) // 2] + STREAM_ERROR.encode(), media_type=JSON)
    return _spoil_stream(rule, response, body)


def _spoil_stream(rule: Rule, response: Response, body: bytes) -> Response:
    match rule.fault:
        case "drip":
            length = {"content-length": str(len(body))}
            return StreamingResponse(_drip(body, rule.seconds), headers=length, media_type=JSON)
        case "endless":
            return StreamingResponse(_endless(), media_type=JSON)
        case "bomb":
            return Response(_bomb(), headers=GZIP, media_type=JSON)
        case "corrupt-gzip":
            return Response(b"\x1f\x8b" + body[2:], headers=GZIP, media_type=JSON)
        case "cut" | "reset" | "drip-headers":
            return Broken(body, rule)
    return response


async def _drip(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    for byte in body:
        yield bytes([byte])
        await asyncio.sleep(seconds)


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield b" " * 65536
        await asyncio.sleep(0)


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(BOMB_BYTES), 1)


class Broken(Response):
    """What no whole answer is, through the server's own connection, which ASGI has no word for.

    `cut`: half of `body` under its full Content-Length. `reset`: nothing, then a reset. `drip-headers`: a header without end.
    """

    def __init__(self, body: bytes, rule: Rule) -> None:
        super().__init__(body, media_type=JSON)
        self._rule = rule

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Break the connection."""
        transport: Any = receive.__self__.transport  # type: ignore[attr-defined]  # uvicorn's request cycle
        if self._rule.fault == "reset":
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.abort()
            return
        if self._rule.fault == "drip-headers":
            transport.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
            while not transport.is_closing():
                transport.write(b"x")
                await asyncio.sleep(self._rule.seconds)
            return
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})
        transport.close()
