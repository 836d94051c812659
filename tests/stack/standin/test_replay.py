"""Replay of real observations: the file's values, its holes as nulls, its wind in km/h."""

import asyncio
import csv
import gzip
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from stack.standin.app import create_app
from stack.standin.replay import Replay
from tests.contract.open_meteo_client import ask
from tests.examples.folders import STATIONS, each

ARCHIVE = "/archive/v1/archive"
NAMES = (
    *("temperature_2m", "dew_point_2m", "pressure_msl", "wind_speed_10m", "wind_direction_10m"),
    *("cloud_cover", "precipitation"),
)
SMALL = """latitude,longitude,time,temperature_2m,wind_speed_10m,precipitation
10.5,-20.25,2008-01-01T01:00,-0.4,2.1,0.0
10.5,-20.25,2008-01-01T02:00,,0.125,1.3
10.5,-20.25,2008-01-01T05:00,20.0,,
"""


@pytest.fixture
def small(tmp_path: Path) -> Replay:
    """A file of three hours with a hole between them, and empty cells."""
    path = tmp_path / "small.csv.gz"
    path.write_bytes(gzip.compress(SMALL.encode()))
    return Replay.load(path)


def replayed(replay: Replay, query: str, path: str = ARCHIVE) -> dict[str, Any]:
    days = "start_date=2008-01-01&end_date=2008-01-01"
    response = ask(f"{path}?latitude=10.50&longitude=-2.025e1&{days}&{query}", replay=replay)
    answer: dict[str, Any] = response.json()
    return answer


def test_missing_hours_and_empty_cells_are_null(small: Replay) -> None:
    hourly = replayed(small, "hourly=temperature_2m,precipitation,rain")["hourly"]
    assert hourly["temperature_2m"] == [None, -0.4, None, None, None, 20.0] + [None] * 18
    assert hourly["precipitation"] == [None, 0.0, 1.3] + [None] * 21
    assert hourly["rain"] == [None] * 24


def test_wind_is_the_exact_product_rounded_half_away_from_zero(small: Replay) -> None:
    assert replayed(small, "hourly=wind_speed_10m")["hourly"]["wind_speed_10m"][:3] == [None, 7.6, 0.5]


def test_other_units_come_from_the_files_own_value(small: Replay) -> None:
    answer = replayed(small, "hourly=wind_speed_10m,temperature_2m&wind_speed_unit=ms&temperature_unit=fahrenheit")
    assert answer["hourly_units"] == {"time": "iso8601", "wind_speed_10m": "m/s", "temperature_2m": "°F"}
    assert answer["hourly"]["wind_speed_10m"][1:3] == [2.1, 0.13]
    assert answer["hourly"]["temperature_2m"][1] == 31.3


def test_units_stay_and_a_day_with_a_hole_has_no_daily_value(small: Replay) -> None:
    answer = replayed(small, "hourly=rain&daily=temperature_2m_max,weather_code")
    assert answer["hourly_units"]["rain"] == "mm"
    assert answer["daily_units"] == {"time": "iso8601", "temperature_2m_max": "°C", "weather_code": "wmo code"}
    assert answer["daily"]["temperature_2m_max"] == answer["daily"]["weather_code"] == [None]


def test_a_place_that_the_file_does_not_have_is_all_null(small: Replay) -> None:
    url = f"{ARCHIVE}?latitude=10.51&longitude=-20.25&hourly=temperature_2m&start_date=2008-01-01&end_date=2008-01-02"
    assert ask(url, replay=small).json()["hourly"]["temperature_2m"] == [None] * 48


def test_health_names_the_file(small: Replay) -> None:
    assert ask("/health", replay=small).json() == {"status": "ok", "replay": "small.csv.gz"}


def test_the_server_loads_the_file_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "named.csv.gz"
    path.write_bytes(gzip.compress(SMALL.encode()))
    monkeypatch.setenv("STANDIN_REPLAY_FILE", str(path))

    async def start() -> str:
        app = create_app()
        async with app.router.lifespan_context(app):
            name: str = app.state.replay.name
        return name

    assert asyncio.run(start()) == "named.csv.gz"


def test_a_file_out_of_order_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv.gz"
    lines = SMALL.splitlines()
    path.write_bytes(gzip.compress("\n".join([lines[0], lines[2], lines[1]]).encode()))
    with pytest.raises(ValueError, match="line 3: hours must rise"):
        Replay.load(path)


@each(STATIONS)
def test_a_month_of_stations_is_the_files_cell_by_cell(path: Path) -> None:
    expected = _observations(path)
    stations = sorted({key[:2] for key in expected})
    first, *_, last = sorted({key[2][:10] for key in expected})
    places = [",".join(str(station[axis]) for station in stations) for axis in (0, 1)]
    question = f"latitude={places[0]}&longitude={places[1]}&hourly={','.join(NAMES)}&start_date={first}&end_date={last}"
    answers = ask(f"{ARCHIVE}?{question}", replay=Replay.load(path)).json()
    hours = {(*station, time) for station, answer in zip(stations, answers, strict=True) for time in answer["hourly"]["time"]}
    assert len(stations) == 5
    assert len(hours) >= 5 * 30 * 24
    assert len(hours) > len(expected) > len(hours) - 40
    for station, answer in zip(stations, answers, strict=True):
        hourly = answer["hourly"]
        rows = zip(hourly["time"], *(hourly[name] for name in NAMES), strict=True)
        for time, *values in rows:
            assert values == expected.get((*station, time), [None] * len(NAMES)), (station, time)


def _observations(path: Path) -> dict[tuple[float, float, str], list[float | None]]:
    """The file's hours within a month that has holes."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = [row for row in csv.DictReader(text) if row["time"][:7] in {"2007-11", "2010-03"}]
    return {
        (float(row["latitude"]), float(row["longitude"]), row["time"]): [_expected(row[name], name) for name in NAMES]
        for row in rows
    }


def _expected(text: str, name: str) -> float | None:
    if not text:
        return None
    if name != "wind_speed_10m":
        return float(text)
    return float((Decimal(text) * Decimal("3.6")).quantize(Decimal("0.1"), ROUND_HALF_UP))
