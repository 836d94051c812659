"""A question to Open-Meteo, the answer it should get, and a session that answers without a network."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any, Final
from urllib.parse import parse_qsl

import requests
from urllib3 import HTTPResponse

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.resolution import Resolution
from barograph.model.variables import get_variable
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources.http import Requester
from barograph.sources.open_meteo.client import OpenMeteo
from barograph.sources.port import Series

BERLIN: Final = Location("52.5244", "13.4105")
HAMBURG: Final = Location("53.5507", "9.993")
DAY: Final = Window(date(2024, 4, 1), date(2024, 4, 2))

Body = dict[str, Any]
"""One location of an answer, as JSON."""


def ask_for(*variables: str, resolution: Resolution = "hourly", places: Sequence[Location] = (BERLIN,)) -> Chunk:
    """A question for `variables` on 2024-04-01."""
    return Chunk("open-meteo/dwd-icon", resolution, tuple(places), variables, DAY)


def answer_to(chunk: Chunk, **columns: Sequence[object]) -> Body:
    """One location's answer to `chunk`, with these `columns`."""
    times = chunk.window.times(chunk.resolution)
    units = {name: get_variable(name, chunk.resolution).unit for name in columns}
    return {
        "latitude": 52.52,
        "longitude": 13.419998,
        "generationtime_ms": 0.1,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 38.0,
        f"{chunk.resolution}_units": {"time": "iso8601", **units},
        chunk.resolution: {"time": times, **columns},
    }


class Canned(requests.Session):
    """A session that gives canned answers in turn (the last one again and again) and keeps what it was asked."""

    def __init__(self, *answers: tuple[int, bytes] | Exception) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    def request(self, method: str | bytes, url: str | bytes, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401  # fewer words
        """The next answer."""
        address, _, query = str(url).partition("?")
        self.asked.append((address, dict(parse_qsl(query or kwargs["data"]))))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code, body = answer
        response.raw = HTTPResponse(BytesIO(body), preload_content=False)
        return response


def fetch(chunk: Chunk, body: object, status: int = 200) -> list[Series]:
    """What `chunk` yields when `body` (bytes, or JSON) is the only answer, without a second try."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    requester = Requester(retry_for_s=0, session=Canned((status, raw)))
    return list(OpenMeteo(Settings(), requester).fetch(chunk))
