"""Values of the stand-in: the same whenever and however they are asked for, plausible, and consistent."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from barograph.model.resolution import Resolution
from barograph.model.variables import all_variables
from stack.standin.derived import RECIPES
from stack.standin.levels import find_recipe
from tests.contract.open_meteo_client import ask

HISTORICAL = "/historical-forecast/v1/forecast"
BERLIN = "latitude=52.5244&longitude=13.4105"
TWO = "latitude=40.783,52.5244&longitude=-73.883,13.4105"
YEAR = "start_date=2023-01-01&end_date=2023-12-31"
LATITUDES, LONGITUDES = "-77.8,-33.9,0,25.8,52.52,71.3", "166.7,18.4,-78.5,-80.3,13.41,25.8"
PLACES = f"latitude={LATITUDES}&longitude={LONGITUDES}"
STARTS, ENDS = (",".join([f"2023-01-{day}"] * 6 + [f"2023-07-{day}"] * 6) for day in ("01", "20"))
PLACES_IN_WINTER_AND_SUMMER = (
    f"latitude={LATITUDES},{LATITUDES}&longitude={LONGITUDES},{LONGITUDES}&start_date={STARTS}&end_date={ENDS}"
)

TEMPERATURES = [8.5, 8.3, 8.3, 8.3]
PRESSURES = [1011.9, 1011.8, 1011.8, 1011.7]
"""Written down once: they must not change with the machine, the Python or the process."""


def hourly(url: str) -> dict[str, Any]:
    answer = ask(url).json()
    section: dict[str, Any] = answer["hourly"]
    return section


def test_overlapping_windows_agree() -> None:
    long = hourly(f"{HISTORICAL}?{BERLIN}&hourly=temperature_2m&start_date=2024-03-01&end_date=2024-04-30")
    short = hourly(f"{HISTORICAL}?{BERLIN}&hourly=temperature_2m&start_date=2024-03-31&end_date=2024-04-02")
    start = long["time"].index(short["time"][0])
    assert long["temperature_2m"][start : start + 72] == short["temperature_2m"]


def test_batch_and_single_call_and_other_lists_agree() -> None:
    days = "start_date=2024-03-31&end_date=2024-04-02"
    batch = ask(f"{HISTORICAL}?{TWO}&hourly=wind_speed_10m,rain,weather_code&{days}").json()[1]["hourly"]
    single = hourly(f"{HISTORICAL}?{BERLIN}&hourly=weather_code,wind_speed_10m&{days}")
    assert batch["wind_speed_10m"] == single["wind_speed_10m"]
    assert batch["weather_code"] == single["weather_code"]


def test_values_do_not_depend_on_the_clock_or_the_process() -> None:
    url = f"{HISTORICAL}?{BERLIN}&hourly=temperature_2m,pressure_msl&start_date=2024-03-31&end_date=2024-03-31"
    answer = ask(url, at=datetime(2030, 1, 1, tzinfo=UTC)).json()["hourly"]
    assert answer["temperature_2m"][:4] == TEMPERATURES
    assert answer["pressure_msl"][:4] == PRESSURES


def test_forecast_hours_are_a_part_of_the_day() -> None:
    day = hourly(f"/api/v1/dwd-icon?{BERLIN}&hourly=cloud_cover&forecast_days=2")
    now = hourly(f"/api/v1/dwd-icon?{BERLIN}&hourly=cloud_cover&past_hours=2&forecast_hours=20")
    start = day["time"].index(now["time"][0])
    assert now["time"][0] == "2026-07-20T10:00"
    assert day["cloud_cover"][start : start + 22] == now["cloud_cover"]


def test_hours_beyond_the_models_horizon_are_null() -> None:
    temperatures = hourly(f"/api/v1/dwd-icon?{BERLIN}&hourly=temperature_2m&forecast_days=16")["temperature_2m"]
    assert len(temperatures) == 384
    assert None not in temperatures[:180]
    assert set(temperatures[200:]) == {None}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/archive/v1/archive", "temperature_80m"),
        ("/api/v1/dwd-icon", "uv_index"),
        ("/historical-forecast/v1/forecast", "wind_speed_100m"),
    ],
)
def test_a_variable_the_model_lacks_is_null_with_unit_undefined(url: str, name: str) -> None:
    answer = ask(f"{url}?{BERLIN}&hourly={name}&forecast_days=1").json()
    assert answer["hourly_units"][name] == "undefined"
    assert answer["hourly"][name] == [None] * 24


@pytest.mark.parametrize("resolution", ["hourly", "daily"])
@pytest.mark.parametrize("url", ["/archive/v1/archive", "/historical-forecast/v1/forecast"])
def test_every_value_is_within_the_bounds_of_the_variables_file(url: str, resolution: Resolution) -> None:
    variables = [variable for (_, kind), variable in all_variables().items() if kind == resolution]
    names = ",".join(variable.name for variable in variables)
    answers = ask(f"{url}?{PLACES_IN_WINTER_AND_SUMMER}&{resolution}={names}").json()
    assert [answer[resolution]["time"][0][:7] for answer in answers] == ["2023-01"] * 6 + ["2023-07"] * 6
    for variable in variables:
        known = [value for answer in answers for value in answer[resolution][variable.name] if value is not None]
        units = {answer[f"{resolution}_units"][variable.name] for answer in answers}
        assert bool(known) != (units == {"undefined"}), variable.name
        if variable.lowest is not None and variable.highest is not None:
            assert variable.lowest <= min(known, default=variable.lowest), variable.name
            assert max(known, default=variable.highest) <= variable.highest, variable.name


def test_there_is_a_recipe_for_every_hourly_variable() -> None:
    hourly = {name for name, resolution in all_variables() if resolution == "hourly"}
    assert set(RECIPES) == {name for name in hourly if find_recipe(name) is None}


def test_a_year_is_consistent_with_itself() -> None:
    names = "temperature_2m,dew_point_2m,relative_humidity_2m,precipitation,rain,weather_code,cloud_cover"
    for answer in ask(f"{HISTORICAL}?{PLACES}&hourly={names}&{YEAR}&models=icon_seamless").json():
        series = answer["hourly"]
        assert all(dew <= warm for warm, dew in zip(series["temperature_2m"], series["dew_point_2m"], strict=True))
        assert all(rain <= wet for wet, rain in zip(series["precipitation"], series["rain"], strict=True))
        for wet, code in zip(series["precipitation"], series["weather_code"], strict=True):
            assert (code >= 51) == (wet > 0)
        assert 10 < sum(series["cloud_cover"]) / 8760 < 90


def test_summer_is_warm_and_winter_cold_on_both_halves_of_the_earth() -> None:
    means = {}
    for month in ("01", "07"):
        url = f"{HISTORICAL}?latitude=52.52,-33.9&longitude=13.41,18.4&hourly=temperature_2m"
        answers = ask(f"{url}&start_date=2023-{month}-01&end_date=2023-{month}-28").json()
        means[month] = [sum(answer["hourly"]["temperature_2m"]) / 672 for answer in answers]
    assert means["07"][0] > means["01"][0] + 10
    assert means["01"][1] > means["07"][1] + 5


def test_daily_values_are_those_of_the_days_hours() -> None:
    names = "temperature_2m_max,temperature_2m_min,precipitation_sum,precipitation_hours,weather_code"
    url = f"{HISTORICAL}?{BERLIN}&hourly=temperature_2m,precipitation,weather_code&daily={names}"
    answer = ask(f"{url}&start_date=2024-04-01&end_date=2024-05-28").json()
    for index in range(58):
        day = {name: values[24 * index : 24 * index + 24] for name, values in answer["hourly"].items()}
        expected = {
            "time": day["time"][0][:10],
            "temperature_2m_max": max(day["temperature_2m"]),
            "temperature_2m_min": min(day["temperature_2m"]),
            "precipitation_sum": round(sum(day["precipitation"]), 2),
            "precipitation_hours": sum(wet >= 0.1 for wet in day["precipitation"]),
            "weather_code": max(day["weather_code"]),
        }
        assert {name: values[index] for name, values in answer["daily"].items()} == expected


def test_sunrise_and_sunset_of_berlin_are_right_to_a_few_minutes() -> None:
    url = f"{HISTORICAL}?{BERLIN}&daily=sunrise,sunset,daylight_duration&start_date=2024-06-21&end_date=2024-06-21"
    daily = ask(url).json()["daily"]
    assert "2024-06-21T02:38" <= daily["sunrise"][0] <= "2024-06-21T02:48"
    assert "2024-06-21T19:28" <= daily["sunset"][0] <= "2024-06-21T19:38"
    assert daily["daylight_duration"][0] == pytest.approx(16 * 3600 + 50 * 60, abs=300)


def test_unixtime_gives_seconds() -> None:
    url = f"{HISTORICAL}?{BERLIN}&hourly=rain&daily=sunrise&timeformat=unixtime"
    answer = ask(f"{url}&start_date=2024-06-21&end_date=2024-06-22").json()
    midnight = (date(2024, 6, 21) - date(1970, 1, 1)).days * 86_400
    assert answer["hourly_units"]["time"] == answer["daily_units"]["sunrise"] == "unixtime"
    assert answer["hourly"]["time"] == [midnight + 3600 * hour for hour in range(48)]
    assert answer["daily"]["time"] == [midnight, midnight + 86_400]
    assert midnight < answer["daily"]["sunrise"][0] < midnight + 6 * 3600


def test_one_place_with_several_ranges_gives_one_result_each_without_location_id() -> None:
    url = f"{HISTORICAL}?{BERLIN}&hourly=rain&start_date=2024-01-01,2024-02-01&end_date=2024-01-01,2024-02-02"
    answers = ask(url).json()
    assert [len(answer["hourly"]["time"]) for answer in answers] == [24, 48]
    assert all("location_id" not in answer for answer in answers)


def test_given_elevation_and_ids_are_echoed() -> None:
    answers = ask(f"/api/v1/dwd-icon?{TWO}&elevation=12.5,nan&location_id=0,77").json()
    assert answers[0]["elevation"] == 12.5
    assert "elevation" not in answers[1]
    assert answers[1]["location_id"] == 77


def test_health_says_that_nothing_is_replayed() -> None:
    assert ask("/health").json() == {"status": "ok", "replay": None}


def test_spreads_of_temperatures_come_in_kelvin_as_the_source_publishes_them() -> None:
    names = "temperature_2m_spread,soil_moisture_0_to_7cm_spread"
    url = f"/archive/v1/archive?{BERLIN}&hourly={names}&models=era5_ensemble&start_date=2024-03-31&end_date=2024-03-31"
    units = [ask(f"{url}{more}").json()["hourly_units"]["temperature_2m_spread"] for more in ("", "&temperature_unit=fahrenheit")]
    assert units == ["K", "K"]
    assert ask(url).json()["hourly_units"]["soil_moisture_0_to_7cm_spread"] == "m³/m³"
