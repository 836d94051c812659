"""One contract for the hosted API and its stand-in: the same checks on recorded answers and on the stand-in's own."""

from collections.abc import Callable

import pytest

from tests.contract import open_meteo_shapes as shapes
from tests.contract.open_meteo_client import NOW, ask
from tests.contract.open_meteo_recordings import Exchange, Request, for_standin, list_recordings, load_recording

ON_OTHER_GRIDS = {
    *("accessiweather/cache_test", "accessiweather/cache_test_1", "accessiweather/cache_test_2"),
    *("accessiweather/current_weather_alaska_1", "accessiweather/current_weather_celsius_1"),
    *("accessiweather/current_weather_london_1", "accessiweather/current_weather_nyc_1"),
    *("accessiweather/current_weather_with_uv", "accessiweather/openmeteo_current_4"),
    *("accessiweather/openmeteo_current_5", "forecast/hours-from-now-on"),
}
"""Recordings whose cell belongs to neither ICON nor ERA5."""
RECORDINGS = list_recordings()
ONE_MODEL = [name for name in RECORDINGS if len(load_recording(name).request.values("models")) < 2]
"""The stand-in answers one model per request."""

ALL_UNITS = [("temperature_unit", "fahrenheit"), ("wind_speed_unit", "ms"), ("precipitation_unit", "inch")]
FIVE_PLACES = [("latitude", "52.5244,52.3471,53.5507,48.1374,50.1155"), ("longitude", "13.4105,14.5506,9.993,11.5755,8.6842")]
DEFAULT_HOURLY = (
    "temperature_2m,relative_humidity_2m,dew_point_2m,apparent_temperature,precipitation,rain,surface_pressure,temperature_80m"
)
MAY = [("start_date", "2024-05-01"), ("end_date", "2024-05-28")]
OF_ITS_OWN = {
    "five places of the daily run": Request(
        "/api/v1/dwd-icon",
        [*FIVE_PLACES, ("hourly", DEFAULT_HOURLY), ("daily", "weather_code"), ("past_days", "2"), ("forecast_days", "5")],
    ),
    "five places of the historic run": Request(
        "/historical-forecast/v1/forecast",
        [*FIVE_PLACES, ("hourly", DEFAULT_HOURLY), ("daily", "weather_code"), *MAY, ("models", "icon_seamless")],
    ),
    "two places of the archive in other units": Request(
        "/archive/v1/archive",
        [
            *(("latitude", "25.817,-33.9"), ("longitude", "-80.3,18.6"), *ALL_UNITS),
            *(("hourly", "snow_depth,wind_speed_100m,snowfall"), ("daily", "sunrise,shortwave_radiation_sum")),
            *(("start_date", "1969-12-30"), ("end_date", "1970-01-02")),
        ],
    ),
}


LocationResponse = Callable[[str], Exchange]


def recorded(name: str) -> Exchange:
    return load_recording(name)


def repeated(name: str) -> Exchange:
    exchange = load_recording(name)
    request = for_standin(exchange.request)
    return Exchange(request, ask(request.url, at=exchange.at).text, exchange.at)


def own(name: str) -> Exchange:
    return Exchange(OF_ITS_OWN[name], ask(OF_ITS_OWN[name].url).text, NOW)


every_exchange = pytest.mark.parametrize(
    ("answer", "name"),
    [
        *(pytest.param(recorded, name, id=f"hosted {name}") for name in RECORDINGS),
        *(pytest.param(repeated, name, id=f"stand-in {name}") for name in ONE_MODEL),
        *(pytest.param(own, name, id=f"stand-in {name}") for name in OF_ITS_OWN),
    ],
)


@every_exchange
def test_keys_stand_in_order_and_the_first_location_has_no_id(answer: LocationResponse, name: str) -> None:
    shapes.check_layout(answer(name))


@every_exchange
def test_units_are_those_of_the_variables_file(answer: LocationResponse, name: str) -> None:
    shapes.check_units(answer(name))


@every_exchange
def test_numbers_have_the_decimals_of_their_unit(answer: LocationResponse, name: str) -> None:
    shapes.check_values(answer(name))


@every_exchange
def test_time_axis_is_complete_and_in_order(answer: LocationResponse, name: str) -> None:
    shapes.check_time_axis(answer(name))


@every_exchange
def test_cell_is_near_and_a_32_bit_float(answer: LocationResponse, name: str) -> None:
    is_recorded_elsewhere = answer is recorded and name in ON_OTHER_GRIDS
    shapes.check_cell(answer(name), on_known_grid=not is_recorded_elsewhere)
