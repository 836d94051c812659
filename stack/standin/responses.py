"""Whole answers of the stand-in: the right one with its weight, and refusals."""

from typing import Final

from fastapi import Response

from stack.standin.errors import Refused

JSON: Final = "application/json; charset=utf-8"
HTML: Final = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr></body></html>"
"""What nginx, in front of the hosted API, says with a status of its own."""


class Weighed(Response):
    """A right answer, and what it costs."""

    def __init__(self, content: str, weight: float) -> None:
        super().__init__(content, media_type=JSON)
        self.weight = weight


def refuse(refused: Refused) -> Response:
    """The response that says so: JSON, or HTML where nginx refuses."""
    if refused.is_html:
        return Response(HTML.format(refused.reason), refused.status, media_type="text/html")
    return Response(refused.body(), refused.status, refused.headers, JSON)
