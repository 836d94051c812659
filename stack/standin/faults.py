"""How an answer is spoilt. Texts of the hosted API word for word. Source: recorded answers."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any, Final, Literal

from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

Fault = Literal[
    "429",
    "500",
    "502",
    "503",
    "504",
    "slow",
    "drip",
    "cut",
    "reset",
    "empty",
    "error-object",
    "stream-error",
    "stream-error-appended",
    "nan",
    "hole",
]
RefusalText = Literal["minutely", "hourly", "daily", "concurrent"]

TOO_MANY: Final[dict[RefusalText, str]] = {
    "minutely": '{"reason":"Minutely API request limit exceeded. Please try again in one minute.","error":true}',
    "hourly": '{"reason":"Hourly API request limit exceeded. Please try again in the next hour.","error":true}',
    "daily": '{"reason":"Daily API request limit exceeded. Please try again tomorrow.","error":true}',
    "concurrent": '{"error":true,"reason":"Too many concurrent requests"}',
}
STREAM_ERROR: Final = "Unexpected error while streaming data: timeoutReached"
HTML: Final = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr></body></html>"
NAN: Final = (
    '{"latitude":nan,"longitude":nan,"generationtime_ms":0.0021,"utc_offset_seconds":0,"timezone":"GMT",'
    '"timezone_abbreviation":"GMT"}'
)
JSON: Final = "application/json; charset=utf-8"
WHOLE: Final[dict[str, tuple[int, str, str]]] = {
    "500": (500, '{"reason":"Something went wrong.","error":true}', JSON),
    "502": (502, HTML.format("502 Bad Gateway"), "text/html"),
    "503": (503, '{"error":true,"reason":"The service is overloaded"}', JSON),
    "504": (504, HTML.format("504 Gateway Time-out"), "text/html"),
    "empty": (200, "", JSON),
    "error-object": (200, '{"reason":"Something went wrong.","error":true}', JSON),
    "stream-error": (200, STREAM_ERROR, JSON),
    "nan": (200, NAN, JSON),
}
"""Status, body and type of the answers that have nothing of the right one."""


def spoil(fault: Fault, response: Response, text: RefusalText, seconds: float) -> Response:
    """`response` after `fault`; `seconds` between two bytes of `drip`, `text` of a 429."""
    body = bytes(response.body)
    if fault == "429":
        return Response(TOO_MANY[text], 429, media_type=JSON)
    if fault in WHOLE:
        status, other, media_type = WHOLE[fault]
        return Response(other, status, media_type=media_type)
    if fault == "stream-error-appended":
        return Response(body[: len(body) // 2] + STREAM_ERROR.encode(), media_type=JSON)
    if fault == "hole":
        return Response(_with_hole(body), media_type=JSON)
    if fault == "drip":
        return StreamingResponse(_drip(body, seconds), headers={"content-length": str(len(body))}, media_type=JSON)
    if fault in {"cut", "reset"}:
        return Broken(body, is_reset=fault == "reset")
    return response


async def _drip(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    for byte in body:
        yield bytes([byte])
        await asyncio.sleep(seconds)


def _with_hole(body: bytes) -> str:
    """The answer without the second time of each section, and of its columns."""
    answer = json.loads(body)
    for result in answer if isinstance(answer, list) else [answer]:
        for section in (result.get("hourly", {}), result.get("daily", {})):
            for column in section.values():
                del column[min(1, len(column) - 1)]
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


class Broken(Response):
    """Half of `body` under its full Content-Length, then the connection ends; `is_reset`: nothing, then a reset."""

    def __init__(self, body: bytes, *, is_reset: bool) -> None:
        super().__init__(body, media_type=JSON)
        self._is_reset = is_reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Through the server's own connection, which ASGI has no word for."""
        transport: Any = receive.__self__.transport  # type: ignore[attr-defined]  # uvicorn's request cycle
        if self._is_reset:
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.abort()
            return
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})
        transport.close()
