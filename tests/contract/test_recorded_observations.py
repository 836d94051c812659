"""Each recorded answer of the hosted API parses to exactly the observations it holds, and to nothing where it must be refused."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from barograph.errors import AnswerRefused
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.resolution import STEPPED, Resolution
from barograph.model.variables import all_variables
from barograph.model.window import Window
from barograph.sources.open_meteo.response import GREENWICH, LocationResponse, read_body
from barograph.sources.open_meteo.series import read_series
from tests.contract.open_meteo_recordings import load_recording
from tests.contract.test_open_meteo_answers import RECORDINGS

PLACE = Location("52.52", "13.41")


def whole_days(times: list[str]) -> Window | None:
    """The GMT days of which every hour is there."""
    hours_of = {day: sum(time.startswith(day) for time in times) for day in sorted({time[:10] for time in times})}
    wanted = 24 if "T" in times[0] else 1
    days = [date.fromisoformat(day) for day, hours in hours_of.items() if hours == wanted]
    return Window(days[0], days[-1] + timedelta(days=1)) if days else None


def question(body: dict[str, Any], resolution: Resolution) -> Chunk | None:
    """The question that the section answers, in the variables that came in the variables file's units."""
    section, units = body.get(resolution, {}), body.get(f"{resolution}_units", {})
    window = whole_days(section["time"]) if section.get("time") else None
    known = {name: one for (name, its), one in all_variables().items() if its == resolution}
    names = tuple(name for name in section if name in known and units[name] == known[name].unit)
    return Chunk("open-meteo/dwd-icon", resolution, (PLACE,), names, window) if names and window else None


def locations_of(name: str) -> list[dict[str, Any]]:
    """The recording's answer for each of its locations."""
    body = json.loads(load_recording(name).body)
    return body if isinstance(body, list) else [body]


def answers_of(raws: list[dict[str, Any]]) -> list[LocationResponse]:
    """The answers that the client reads out of them, as if all were in GMT."""
    body = json.dumps([raw | {"utc_offset_seconds": 0, "timezone": "GMT"} for raw in raws])
    read = read_body(body.encode(), "recorded", len(body))
    assert isinstance(read, list)
    assert len(read) == len(raws)
    return read


def in_record_form(chunk: Chunk, name: str, value: object) -> object:
    """A value as a record holds it."""
    is_instant = all_variables()[name, chunk.resolution].type == "timestamp"
    return f"{value}:00Z" if is_instant and value is not None else value


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recorded_answer_is_exactly_its_observations(name: str) -> None:
    raws = locations_of(name)
    if any(raw["utc_offset_seconds"] or raw["timezone"] not in GREENWICH for raw in raws):
        with pytest.raises(AnswerRefused, match="local time"):
            read_body(load_recording(name).body.encode(), "recorded", len(load_recording(name).body))
    for raw, answer in zip(raws, answers_of(raws), strict=True):
        for resolution in STEPPED:
            chunk = question(raw, resolution)
            if chunk is None:
                continue
            section, suffix = raw[resolution], ":00Z" if resolution == "hourly" else ""
            asked = set(chunk.window.times(resolution))
            expected = [
                (time + suffix, {one: in_record_form(chunk, one, section[one][index]) for one in chunk.variables})
                for index, time in enumerate(section["time"])
                if time in asked
            ]
            held = [(one.time, one.values) for one in read_series(chunk, PLACE, answer).observations(chunk.source)]
            assert repr(held) == repr(expected)
            print(f"{name} {resolution}: {len(held)} observations of {len(chunk.variables)} variables")


def test_recorded_columns_in_other_units_are_refused() -> None:
    refused = 0
    for name in RECORDINGS:
        raws = locations_of(name)
        for raw, answer in zip(raws, answers_of(raws), strict=True):
            for chunk in in_other_units(raw):
                with pytest.raises(AnswerRefused, match="the variables file says"):
                    read_series(chunk, PLACE, answer)
                refused += 1
    assert refused >= 10


def in_other_units(raw: dict[str, Any]) -> Iterator[Chunk]:
    """A question for each column that did not come in the variables file's unit, and is not without values."""
    for resolution in STEPPED:
        section, units = raw.get(resolution, {}), raw.get(f"{resolution}_units", {})
        window = whole_days(section["time"]) if section else None
        for (variable, its), one in all_variables().items():
            if window and its == resolution and units.get(variable, one.unit) not in {one.unit, "undefined"}:
                yield Chunk("open-meteo/dwd-icon", resolution, (PLACE,), (variable,), window)
