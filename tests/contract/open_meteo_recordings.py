"""Recorded answers of the hosted API, and requests in the form both it and the stand-in understand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.examples.folders import ANSWERS, find

UNIT_DEFAULTS: Final = {"temperature_unit": "celsius", "wind_speed_unit": "kmh", "precipitation_unit": "mm"}


@dataclass(frozen=True, slots=True)
class Request:
    """A GET request: its path and its parameters in order; lists by comma or by repeated keys."""

    path: str
    parameters: Sequence[tuple[str, str]]

    @property
    def url(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.parameters)}"

    def values(self, name: str) -> list[str]:
        """All values of a parameter."""
        return [item for key, value in self.parameters if key == name for item in value.split(",")]

    def value(self, name: str, default: str) -> str:
        """The value of a parameter that stands once."""
        return next(iter(self.values(name)), default)

    @property
    def has_repeated_lists(self) -> bool:
        """Whether a list came as repeated keys; recordings sort those, so the order of names is lost."""
        keys = [key for key, _ in self.parameters]
        return len(keys) != len(set(keys))

    @property
    def units(self) -> Mapping[str, str]:
        """The unit parameters, with the API's defaults."""
        return {name: self.value(name, default) for name, default in UNIT_DEFAULTS.items()}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, the body that answered it, and when."""

    request: Request
    body: str
    at: datetime


def list_recordings() -> list[str]:
    """`folder/name` of every recorded answer: our own examples, then those of ../shared where they are there."""
    suffix = ".meta.json"
    return [
        str(path.relative_to(folder)).removesuffix(suffix)
        for folder in find(ANSWERS).values()
        for path in sorted(folder.glob(f"*/*{suffix}"))
    ]


def load_recording(name: str) -> Exchange:
    """The recording `folder/name`: the request, the body as it came, and when."""
    folder = next(folder for folder in find(ANSWERS).values() if (folder / f"{name}.json").exists())
    body = (folder / f"{name}.json").read_text(encoding="utf-8")
    meta = json.loads((folder / f"{name}.meta.json").read_text(encoding="utf-8"))
    parts = urlsplit(meta["url"])
    dates = next(value for key, value in meta["headers"].items() if key.lower() == "date")
    return Exchange(Request(parts.path, parse_qsl(parts.query)), body, parsedate_to_datetime(dates[0]))


def for_standin(request: Request) -> Request:
    """The same question to the stand-in, which speaks GMT and has neither `current` nor `minutely_15`."""
    left_out = {"current", "minutely_15", "timezone"}
    parameters = [(key, value) for key, value in request.parameters if key not in left_out]
    if request.path == "/v1/dwd-icon":
        return Request("/api/v1/dwd-icon", parameters)
    if request.path == "/v1/archive":
        return Request("/archive/v1/archive", parameters)
    if not request.values("forecast_days") and not request.values("start_date"):
        parameters.append(("forecast_days", "7"))
    if request.values("forecast_hours"):
        parameters = [(key, value) for key, value in parameters if key != "forecast_days"]
    return Request("/historical-forecast/v1/forecast", parameters)
