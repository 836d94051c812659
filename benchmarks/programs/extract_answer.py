"""An Open-Meteo answer taken apart again and again. Arguments: `ours`, `json` or `loop`, and how many observations in all."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson
from typing_extensions import override

from barograph.model.chunk import Chunk
from barograph.model.variables import get_variable
from barograph.settings import get_settings
from barograph.sources.http import HttpResponse, Requester
from barograph.sources.open_meteo.client import OpenMeteo
from benchmarks.rows import VARIABLES, series_of, units_of

SOURCE: Final = "standin/archive"


@dataclass
class Recorded(Requester):
    """Answers every question with the same bytes."""

    body: bytes = b""

    @override
    def ask(self, url: str, query: Mapping[str, str], headers: Mapping[str, str] | None = None) -> HttpResponse:
        """The bytes."""
        return HttpResponse(200, self.body)


def main() -> None:
    """Print {"seconds": …, "bytes per row": …}."""
    way, rows = sys.argv[1], int(sys.argv[2])
    (chunk,) = units_of(24_000, SOURCE, get_settings())
    body = answer_to(chunk)
    open_meteo = OpenMeteo(get_settings(), Recorded(body=body))
    ways: Mapping[str, Callable[[], object]] = {
        "ours": lambda: list(open_meteo.fetch(chunk)),
        "json": lambda: json.loads(body),
        "loop": lambda: loop_over_hours(body),
    }
    ways[way]()
    began = time.monotonic()
    for _ in range(rows // chunk.asked):
        ways[way]()
    print(json.dumps({"seconds": time.monotonic() - began, "bytes per row": len(body) / chunk.asked}))


def answer_to(chunk: Chunk) -> bytes:
    """The body that Open-Meteo would send."""
    chunks = {name: get_variable(name, "hourly").unit for name in VARIABLES}
    places = [
        {
            "latitude": float(series.location.latitude),
            "longitude": float(series.location.longitude),
            "elevation": 40.0,
            "utc_offset_seconds": 0,
            "location_id": number,
            "hourly_units": {"time": "iso8601", **chunks},
            "hourly": {"time": chunk.window.times("hourly"), **series.columns},
        }
        for number, series in enumerate(series_of(chunk))
    ]
    return orjson.dumps(places)


def loop_over_hours(body: bytes) -> list[dict[str, object]]:
    """One dictionary per hour, value by value, as most code does it; nothing is checked."""
    found = []
    for place in json.loads(body):
        hourly = place["hourly"]
        for index, time_text in enumerate(hourly["time"]):
            row = {"latitude": place["latitude"], "longitude": place["longitude"], "time": time_text}
            for name in VARIABLES:
                row[name] = hourly[name][index]
            found.append(row)
    return found


if __name__ == "__main__":
    main()
