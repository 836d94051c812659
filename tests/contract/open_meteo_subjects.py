"""Open-Meteo as a subject of the contract of sources: asked for our example answers, and asked at the simulator."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, get_args

import requests

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.resolution import STEPPED, Resolution
from barograph.model.variables import Value, get_variable
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources.destination import Destinations
from barograph.sources.http import Requester
from barograph.sources.open_meteo.client import OpenMeteo
from barograph.sources.port import PullSource
from stack.standin.edits import Edit, edit_answer
from tests.contract.open_meteo_client import NOW
from tests.contract.open_meteo_recordings import load_recording
from tests.contract.open_meteo_refusals import KINDS, read_refusals
from tests.contract.source_contract import Trouble
from tests.sources.answers import Canned
from tests.stack.standin.live import Live

LOCATIONS: Final = (Location("46.948", "7.4474"), Location("47.0707", "15.4395"), Location("49.6117", "6.13"))
KIND_OF: Final[Mapping[Trouble, str]] = {
    "a location is not served": "a location that the model does not have",
    "the request is refused": "an unknown hourly variable",
    "a pause is wanted": "the minute's calls are used up",
    "the provider is overloaded": "too much load",
    "the answer is cut": "an answer that ends in an error before its first byte",
}
EDIT_OF: Final[Mapping[Trouble, Edit]] = {
    "a time is missing": "hole",
    "a unit is another": "unit",
    "a location is missing": "place-missing",
    "a column is missing": "column-missing",
    "a column is too short": "unequal",
    "times are out of order": "unsorted",
}


def rule_for(trouble: Trouble) -> dict[str, Any]:
    """The rule that makes the simulator answer so."""
    if trouble in EDIT_OF:
        return {"fault": EDIT_OF[trouble]}
    known = next(known for known in read_refusals(KINDS) if known.kind == KIND_OF[trouble])
    return {"fault": "canned", "status": known.status, "body": known.raw}


def in_record_form(name: str, resolution: Resolution, column: Sequence[Value]) -> list[Value]:
    """A column of an answer as a record holds it."""
    is_timestamp = get_variable(name, resolution).type == "timestamp"
    return [f"{value}:00Z" if is_timestamp and value is not None else value for value in column]


class Examples(Canned):
    """A session that answers from an example: the asked locations in the asked order, or what `rule` makes of that."""

    def __init__(self, name: str) -> None:
        super().__init__()
        exchange = load_recording(name)
        body = json.loads(exchange.body)
        results = body if isinstance(body, list) else [body]
        self.results = dict(zip(exchange.request.values("latitude"), results, strict=True))
        self.rule: dict[str, Any] = {}

    def answer(self, latitudes: str) -> tuple[int, bytes]:
        """Status and body."""
        asked = [{**self.results[latitude], "location_id": index} for index, latitude in enumerate(latitudes.split(","))]
        body = json.dumps(asked if len(asked) > 1 else asked[0], ensure_ascii=False).encode()
        if self.rule.get("fault") in get_args(Edit):
            return 200, edit_answer(self.rule["fault"], body).encode()
        return (self.rule["status"], self.rule["body"].encode()) if self.rule else (200, body)

    def request(self, method: str | bytes, url: str | bytes, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401  # fewer words
        """The answer to the query of `url`."""
        query = dict(pair.split("=", 1) for pair in str(url).partition("?")[2].split("&"))
        self.answers = [self.answer(query["latitude"])]
        return super().request(method, url, **kwargs)


@dataclass
class AtExamples:
    """Open-Meteo whose every answer is an example of ours."""

    session: Examples = field(default_factory=lambda: Examples("dwd-icon/three-locations-hourly-and-daily"))
    resolutions: Sequence[Resolution] = STEPPED
    troubles: Sequence[Trouble] = get_args(Trouble)

    def make_source(self) -> PullSource:
        """It tries once."""
        return OpenMeteo(Settings(), Requester(retry_for_s=0, session=self.session))

    def make_chunk(self, resolution: Resolution, *, is_reversed: bool = False) -> Chunk:
        """The example's two days of three locations."""
        names = {"hourly": ("temperature_2m", "precipitation", "wind_speed_10m", "weather_code"), "daily": ("weather_code",)}
        locations = LOCATIONS[::-1] if is_reversed else LOCATIONS
        window = Window.from_days(date(2026, 5, 3), date(2026, 5, 4))
        return Chunk("open-meteo/dwd-icon", resolution, locations, names[resolution], window)

    def make_chunk_with_holes(self) -> Chunk:
        """Nine days of which the last have no values."""
        self.session = Examples("dwd-icon/null-beyond-the-horizon")
        window = Window.from_days(date(2026, 5, 14), date(2026, 5, 22))
        return Chunk("open-meteo/dwd-icon", "hourly", LOCATIONS[:1], ("temperature_2m", "rain"), window)

    def times(self, chunk: Chunk) -> Sequence[Sequence[str]]:
        """Every one of the calendar."""
        return [chunk.window.record_times(chunk.resolution)] * len(chunk.locations)

    def said(self, chunk: Chunk) -> Sequence[Mapping[str, Sequence[Value]]]:
        """The example's columns."""
        sections = [self.session.results[location.latitude][chunk.resolution] for location in chunk.locations]
        return [{name: in_record_form(name, chunk.resolution, section[name]) for name in chunk.variables} for section in sections]

    def misbehave(self, trouble: Trouble) -> None:
        """Spoil the example."""
        self.session.rule = rule_for(trouble)

    def count_calls(self) -> int:
        """How often the session was asked."""
        return len(self.session.asked)


@dataclass
class AtSimulator:
    """Open-Meteo at a running simulator."""

    live: Live
    resolutions: Sequence[Resolution] = STEPPED
    troubles: Sequence[Trouble] = get_args(Trouble)

    def make_source(self) -> PullSource:
        """It tries once, and its clock is the simulator's."""
        requester = Requester(retry_for_s=0, now=lambda: NOW, destinations=Destinations({"127.0.0.1"}))
        requester.session.trust_env = False
        return OpenMeteo(Settings(standin_port=self.live.port), requester)

    def make_chunk(self, resolution: Resolution, *, is_reversed: bool = False) -> Chunk:
        """Two days of three locations."""
        names = {
            "hourly": ("temperature_2m", "weather_code", "wind_speed_10m", "precipitation"),
            "daily": ("sunrise", "temperature_2m_max", "weather_code"),
        }
        locations = LOCATIONS[::-1] if is_reversed else LOCATIONS
        window = Window.from_days(date(2026, 7, 1), date(2026, 7, 2))
        return Chunk("standin/dwd-icon", resolution, locations, names[resolution], window)

    def make_chunk_with_holes(self) -> Chunk:
        """The same with a variable's values of some hours taken away, and one that the model lacks."""
        hours = {"variable": "temperature_2m", "start": "2026-07-01T05:00", "end": "2026-07-02T01:00"}
        self.live.order(revisions=[{**hours, "is_null": True}])
        window = Window.from_days(date(2026, 7, 1), date(2026, 7, 2))
        return Chunk("standin/dwd-icon", "hourly", LOCATIONS, ("temperature_2m", "rain", "lifted_index"), window)

    def times(self, chunk: Chunk) -> Sequence[Sequence[str]]:
        """Every one of the calendar."""
        return [chunk.window.record_times(chunk.resolution)] * len(chunk.locations)

    def said(self, chunk: Chunk) -> Sequence[Mapping[str, Sequence[Value]]]:
        """What it answers to a request of the test's own."""
        query = {
            "latitude": ",".join(location.latitude for location in chunk.locations),
            "longitude": ",".join(location.longitude for location in chunk.locations),
            chunk.resolution: ",".join(chunk.variables),
            "start_date": str(chunk.window.start),
            "end_date": str(chunk.window.last_day),
        }
        results = requests.get(f"{self.live.url}/api/v1/dwd-icon", query, timeout=10).json()
        step = timedelta(hours=1) if chunk.resolution == "hourly" else timedelta(days=1)
        for result in results:
            times = [datetime.fromisoformat(time) for time in result[chunk.resolution]["time"]]
            assert times == [times[0] + step * index for index in range(chunk.asked // len(chunk.locations))]
        return [
            {name: in_record_form(name, chunk.resolution, result[chunk.resolution][name]) for name in chunk.variables}
            for result in results
        ]

    def misbehave(self, trouble: Trouble) -> None:
        """Order the fault."""
        self.live.order(rule_for(trouble))

    def count_calls(self) -> int:
        """As its log says."""
        count: int = self.live.told()["requests"]
        return count
