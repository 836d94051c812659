"""What every answer must look like, whoever gives it: checks that know the request and the raw text of the body."""

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from barograph.model.resolution import Resolution
from barograph.model.variables import get_variable
from stack.standin.grid import ERA5, ICON_D2, ICON_EU, ICON_GLOBAL, float32_text
from stack.standin.units import Units, conversion_of
from tests.contract.open_meteo_recordings import Exchange, Request

KEYS = (
    *("latitude", "longitude", "generationtime_ms", "utc_offset_seconds", "timezone", "timezone_abbreviation"),
    *("elevation", "location_id", "current_units", "current", "minutely_15_units", "minutely_15"),
    *("hourly_units", "hourly", "daily_units", "daily"),
)
SECTIONS: Sequence[Resolution] = ("hourly", "daily")
STEPS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1)}
FORMATS = {"hourly": "%Y-%m-%dT%H:%M", "daily": "%Y-%m-%d"}
WEATHER_CODES = {
    *(0, 1, 2, 3, 45, 48, 51, 53, 55, 56, 57, 61, 63, 65, 66, 67, 71, 73, 75, 77),
    *(80, 81, 82, 85, 86, 95, 96, 99),
}

Result = dict[str, Any]
"""One location of an answer, as JSON; every number is a Decimal, which keeps the decimals as they were written."""


def parse(body: str) -> list[Result]:
    """The results of a body."""
    answer = json.loads(body, parse_float=Decimal, parse_int=Decimal)
    return answer if isinstance(answer, list) else [answer]


def decimals(number: Decimal) -> int:
    """How many decimals the number was written with."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent


def names_asked(request: Request, section: str) -> list[str]:
    """The names an answer must have; several models append theirs."""
    names, models = request.values(section), request.values("models")
    return [f"{name}_{model}" for name in names for model in models] if len(models) > 1 else names


def check_layout(exchange: Exchange) -> None:
    """Object or array, keys in order, no whitespace between tokens, `location_id` left out for the first."""
    results = parse(exchange.body)
    assert exchange.body.startswith("[") == (len(exchange.request.values("latitude")) > 1)
    assert len(results) == len(exchange.request.values("latitude"))
    outside_strings = re.sub(r'"[^"]*"', '""', exchange.body)
    assert not re.search(r"\s", outside_strings)
    for index, result in enumerate(results):
        assert list(result) == [key for key in KEYS if key in result]
        assert {section for section in SECTIONS if section in result} == {
            section for section in SECTIONS if exchange.request.values(section)
        }
        assert result.get("location_id", 0) == index
        assert ("location_id" in result) == (index > 0)


def check_units(exchange: Exchange) -> None:
    """A units entry per column, in the same order, as the variables file and the unit parameters say."""
    options = exchange.request.units
    units = Units(options["temperature_unit"], options["wind_speed_unit"], options["precipitation_unit"])
    for result in parse(exchange.body):
        for section in SECTIONS:
            if section not in result:
                continue
            asked = names_asked(exchange.request, section)
            named = list(result[section])
            assert named == list(result[f"{section}_units"])
            assert named[0] == "time"
            assert sorted(named[1:]) == sorted(asked)
            assert exchange.request.has_repeated_lists or named[1:] == asked
            assert result[f"{section}_units"]["time"] == "iso8601"
            for name in named[1:]:
                variable = get_variable(_plain(name, exchange.request), section)
                unit = result[f"{section}_units"][name]
                is_empty = all(value is None for value in result[section][name])
                assert unit == conversion_of(variable, units).unit or (unit == "undefined" and is_empty)


def check_values(exchange: Exchange) -> None:
    """Columns as long as the time axis; numbers with the unit's decimals, codes from the list, times as labels."""
    options = exchange.request.units
    units = Units(options["temperature_unit"], options["wind_speed_unit"], options["precipitation_unit"])
    checked = 0
    for result in parse(exchange.body):
        for section in SECTIONS:
            for name in names_asked(exchange.request, section):
                variable = get_variable(_plain(name, exchange.request), section)
                column = result[section][name]
                assert len(column) == len(result[section]["time"])
                known = [value for value in column if value is not None]
                checked += len(known)
                if variable.type == "timestamp":
                    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", value) for value in known)
                else:
                    assert {decimals(value) for value in known} <= {conversion_of(variable, units).decimals}
                if variable.name == "weather_code":
                    assert {int(value) for value in known} <= WEATHER_CODES
    assert checked


def check_time_axis(exchange: Exchange) -> None:
    """Every hour or day once, in order, as many as were asked for."""
    for result in parse(exchange.body):
        for section in SECTIONS:
            if section in result:
                labels = result[section]["time"]
                # Local wall time without a zone, as the API writes it.
                times = [datetime.strptime(label, FORMATS[section]) for label in labels]  # noqa: DTZ007
                assert times == [times[0] + STEPS[section] * index for index in range(len(times))]
                assert len(labels) == _count_asked(exchange.request, section)


def check_cell(exchange: Exchange, *, on_known_grid: bool) -> None:
    """Coordinates as the shortest text of a 32-bit float, near those asked for; on a grid of ICON or ERA5 if so said."""
    texts = re.findall(r'"(?:latitude|longitude|elevation)":(-?[\d.]+)', exchange.body)
    assert texts
    assert [float32_text(float(text)) for text in texts] == texts
    asked = zip(exchange.request.values("latitude"), exchange.request.values("longitude"), strict=True)
    for result, (latitude, longitude) in zip(parse(exchange.body), asked, strict=True):
        assert abs(float(result["latitude"]) - float(latitude)) < 0.13
        assert abs(float(result["longitude"]) - float(longitude)) < 0.13
        if on_known_grid:
            cell = (float32_text(float(result["latitude"])), float32_text(float(result["longitude"])))
            grids = [grid.cell_of(float(latitude), float(longitude)) for grid in (ICON_D2, ICON_EU, ICON_GLOBAL, ERA5)]
            cells = [(float32_text(found.latitude), float32_text(found.longitude)) for found in grids if found]
            assert cell in cells


def _plain(name: str, request: Request) -> str:
    models = request.values("models")
    return next((name.removesuffix(f"_{model}") for model in models if name.endswith(f"_{model}")), name)


def _count_asked(request: Request, section: str) -> int:
    if section == "hourly" and request.values("forecast_hours"):
        return int(request.value("forecast_hours", ""))
    days = int(request.value("past_days", "0")) + int(request.value("forecast_days", "7"))
    if request.values("start_date"):
        first, last = (datetime.fromisoformat(request.value(name, "")) for name in ("start_date", "end_date"))
        days = (last - first).days + 1
    return days * 24 if section == "hourly" else days
