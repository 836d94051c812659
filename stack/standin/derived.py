"""Hourly variables, by name, as recipes over the base quantities. Nulls occur only where a recipe says None."""

import math
from collections.abc import Callable, Mapping
from typing import Final

from stack.standin.codes import weather_codes
from stack.standin.radiation import RADIATION
from stack.standin.soil import SOIL
from stack.standin.weather import Series, Weather, once

Values = list[float] | list[float | None]
Recipe = Callable[[Weather], Values]


def _vapour_pressure(temperature: float) -> float:
    """Saturation over water in kPa at °C. Source: FAO Irrigation and Drainage Paper 56, equation 11."""
    return 0.6108 * math.exp(17.27 * temperature / (temperature + 237.3))


@once
def humidity(weather: Weather) -> Series:
    """%, from temperature and dew point (Magnus)."""
    return [
        100 * math.exp(17.27 * (dew / (dew + 237.3) - warm / (warm + 237.3)))
        for warm, dew in zip(weather.temperature(), weather.dew_point(), strict=True)
    ]


def _apparent(weather: Weather) -> Series:
    """Felt temperature. Source: Steadman 1994 without radiation, as the Australian Bureau of Meteorology prints it."""
    return [
        warm + 3.3 * _vapour_pressure(dew) - 0.7 * wind / 3.6 - 4
        for warm, dew, wind in zip(weather.temperature(), weather.dew_point(), weather.wind_speed(), strict=True)
    ]


def _wet_bulb(weather: Weather) -> Series:
    return [warm - 0.36 * (warm - dew) for warm, dew in zip(weather.temperature(), weather.dew_point(), strict=True)]


def _surface_pressure(weather: Weather) -> Series:
    """hPa: the barometric formula of the standard atmosphere, with the hour's temperature."""
    return [
        msl * (1 - 0.0065 * weather.height / (warm + 0.0065 * weather.height + 273.15)) ** 5.257
        for msl, warm in zip(weather.pressure(), weather.temperature(), strict=True)
    ]


def _vapour_pressure_deficit(weather: Weather) -> Series:
    pairs = zip(weather.temperature(), weather.dew_point(), strict=True)
    return [max(0.0, _vapour_pressure(warm) - _vapour_pressure(dew)) for warm, dew in pairs]


def snow_water(weather: Weather) -> Series:
    """Snow in mm of water: the hour's precipitation, all of it below 0.5 °C, half up to 1.5 °C."""
    return [
        0.0 if warm > 1.5 else wet if warm < 0.5 else wet / 2
        for wet, warm in zip(weather.precipitation(), weather.temperature(), strict=True)
    ]


def _showers(weather: Weather) -> Series:
    return [wet / 2 if warm > 15 else 0.0 for wet, warm in zip(weather.precipitation(), weather.temperature(), strict=True)]


def _rain(weather: Weather) -> Series:
    parts = zip(weather.precipitation(), snow_water(weather), _showers(weather), strict=True)
    return [max(0.0, wet - snow - shower) for wet, snow, shower in parts]


def _share_of_clouds(name: str, share: float) -> Recipe:
    def recipe(weather: Weather) -> Series:
        pairs = zip(weather.cloud_cover(), weather.regional(name, 12), strict=True)
        return [cloud * min(1.0, max(0.0, share + 0.6 * spot)) for cloud, spot in pairs]

    return recipe


def _wind_at(height: int) -> Recipe:
    factor = (height / 10) ** 0.16
    return lambda weather: [speed * factor for speed in weather.wind_speed()]


def _direction_at(height: int) -> Recipe:
    return lambda weather: [(angle + height / 18) % 360 for angle in weather.wind_direction()]


def _temperature_at(height: int) -> Recipe:
    return lambda weather: [warm - 0.0065 * height for warm in weather.temperature()]


def _gusts(weather: Weather) -> Series:
    pairs = zip(weather.wind_speed(), weather.regional("gust", 5), strict=True)
    return [speed * (1.7 + 0.3 * spot) + 3 for speed, spot in pairs]


def _visibility(weather: Weather) -> Series:
    return [200 + 60_000 * (1 - damp / 100) for damp in humidity(weather)]


def _freezing_level(weather: Weather) -> Series:
    return [max(0.0, weather.height + warm / 0.0065) for warm in weather.temperature()]


def _cape(weather: Weather) -> Series:
    pairs = zip(weather.dew_point(), weather.regional("cape", 9), strict=True)
    return [max(0.0, (dew - 8) * 120 * spot) for dew, spot in pairs]


def _convective(factor: float) -> Recipe:
    """Metres above sea level; None = no convective cloud in that hour."""

    def recipe(weather: Weather) -> list[float | None]:
        pairs = zip(_cape(weather), weather.temperature(), weather.dew_point(), strict=True)
        return [weather.height + factor * 125 * (warm - dew) if cape > 100 else None for cape, warm, dew in pairs]

    return recipe


def _probability(weather: Weather) -> Series:
    return [max(0.0, cloud - 55) * 1.8 if cloud > 55 else 0.0 for cloud in weather.cloud_cover()]


def _scaled(recipe: Callable[[Weather], Series], factor: float, offset: float = 0) -> Recipe:
    return lambda weather: [value * factor + offset for value in recipe(weather)]


RECIPES: Final[Mapping[str, Recipe]] = {
    "temperature_2m": Weather.temperature,
    "relative_humidity_2m": humidity,
    "dew_point_2m": Weather.dew_point,
    "apparent_temperature": _apparent,
    "precipitation_probability": _probability,
    "precipitation": Weather.precipitation,
    "rain": _rain,
    "showers": _showers,
    "snowfall": _scaled(snow_water, 0.7),
    "weather_code": lambda weather: weather_codes(weather, humidity(weather)),
    "pressure_msl": Weather.pressure,
    "surface_pressure": _surface_pressure,
    "cloud_cover": Weather.cloud_cover,
    "cloud_cover_low": _share_of_clouds("low", 0.6),
    "cloud_cover_mid": _share_of_clouds("mid", 0.4),
    "cloud_cover_high": _share_of_clouds("high", 0.5),
    "visibility": _visibility,
    "vapour_pressure_deficit": _vapour_pressure_deficit,
    "wind_speed_10m": Weather.wind_speed,
    "wind_direction_10m": Weather.wind_direction,
    "wind_gusts_10m": _gusts,
    **{f"wind_speed_{height}m": _wind_at(height) for height in (80, 100, 120, 180)},
    **{f"wind_direction_{height}m": _direction_at(height) for height in (80, 100, 120, 180)},
    **{f"temperature_{height}m": _temperature_at(height) for height in (80, 120, 180)},
    "wet_bulb_temperature_2m": _wet_bulb,
    "total_column_integrated_water_vapour": lambda weather: [15 * _vapour_pressure(dew) for dew in weather.dew_point()],
    "cape": _cape,
    "lifted_index": _scaled(_cape, -0.003, 4),
    "convective_inhibition": _scaled(Weather.cloud_cover, 0.5),
    "lightning_potential": _scaled(_cape, 0.02),
    "updraft": _scaled(_cape, 0.004),
    "convective_cloud_base": _convective(1),
    "convective_cloud_top": _convective(4),
    "freezing_level_height": _freezing_level,
    "snowfall_height": lambda weather: [max(0.0, level - 300) for level in _freezing_level(weather)],
    **RADIATION,
    **SOIL,
}
