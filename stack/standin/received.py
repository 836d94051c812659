"""A request as it came: its parameters in one form-encoded text, whether sent in the address, as a form or as JSON."""

import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote_plus

from fastapi import Request

from stack.standin import errors
from stack.standin.errors import Refused

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
MAX_URL: Final = 8192
"""Bytes of path and query that nginx takes (its large_client_header_buffers); the hosted limit is about this."""
MAX_BODY: Final = 128 * 1024
LISTS: Final = frozenset(
    ("latitude", "longitude", "elevation", "location_id", "hourly", "daily", "models", "timezone", "start_date", "end_date")
)
"""Parameters that JSON must give as arrays."""


async def read_parameters(request: Request) -> str:
    """The parameters, form-encoded.

    Raises:
        Refused: the address or the body is too long, or the JSON has another shape.
    """
    query = request.url.query
    if len(request.url.path) + len(query) >= MAX_URL:
        raise Refused(errors.URL_TOO_LONG, status=414, is_html=True)
    media_type = request.headers.get("content-type", "").partition(";")[0]
    if media_type not in {FORM, JSON}:
        return query
    body = await request.body()
    if len(body) > MAX_BODY:
        raise Refused(errors.PAYLOAD_TOO_LARGE, status=413)
    sent = "&".join(_from_json(body)) if media_type == JSON else body.decode(errors="replace")
    return "&".join(filter(None, (query, sent)))


def _from_json(body: bytes) -> Iterator[str]:
    try:
        parameters = json.loads(body)
    except ValueError as error:
        raise Refused(errors.NOT_JSON) from error
    if not isinstance(parameters, dict):
        raise Refused(errors.NOT_JSON)
    for name, value in parameters.items():
        if name in LISTS and not isinstance(value, list):
            raise Refused(errors.NOT_AN_ARRAY.format(name))
        values = value if isinstance(value, list) else [value]
        yield f"{quote_plus(name)}={','.join(quote_plus(str(one)) for one in values)}"
