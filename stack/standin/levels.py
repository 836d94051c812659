"""Hourly variables of pressure levels, and the spread of an ensemble: recipes found by the shape of the name."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from stack.standin.weather import Series, Weather

Recipe = Callable[[Weather], Series]
LEVEL: Final = re.compile(r"([a-z_]+)_(\d+)hPa")
SPREAD: Final = "_spread"


def height_of(level: int) -> float:
    """Metres above sea level of a pressure in hPa, in the standard atmosphere (isothermal above 226 hPa)."""
    if level >= 226:
        return 44_331 * (1 - math.pow(level / 1013.25, 0.1903))
    return 11_000 + 6_342 * math.log(226 / level)


def _temperature(weather: Weather, level: int) -> Series:
    cooler = 0.0065 * min(height_of(level), 11_000)
    return [warm - cooler for warm in weather.temperature()]


def _humidity(weather: Weather, level: int) -> Series:
    return [max(1.0, min(100.0, cloud * level / 1000)) for cloud in weather.cloud_cover()]


def _cloud_cover(weather: Weather, level: int) -> Series:
    return [cloud * max(0.0, 1 - abs(level - 700) / 700) for cloud in weather.cloud_cover()]


def _wind_speed(weather: Weather, level: int) -> Series:
    return [speed * (1 + min(height_of(level), 11_000) / 4000) for speed in weather.wind_speed()]


def _wind_direction(weather: Weather, level: int) -> Series:
    return [(angle + height_of(level) / 300) % 360 for angle in weather.wind_direction()]


def _geopotential_height(weather: Weather, level: int) -> Series:
    return [height_of(level) + 8 * (pressure - 1013.25) for pressure in weather.pressure()]


_FAMILIES: Final[Mapping[str, Callable[[Weather, int], Series]]] = {
    "temperature": _temperature,
    "relative_humidity": _humidity,
    "cloud_cover": _cloud_cover,
    "wind_speed": _wind_speed,
    "wind_direction": _wind_direction,
    "geopotential_height": _geopotential_height,
}


def find_recipe(name: str) -> Recipe | None:
    """The recipe for a name like `temperature_850hPa` or `rain_spread`; None = it has another shape."""
    if name.endswith(SPREAD):
        return lambda weather: [0.5 + 0.4 * value for value in weather.local(name, 12)]
    match = LEVEL.fullmatch(name)
    if match is None:
        return None
    make, level = _FAMILIES[match[1]], int(match[2])
    return lambda weather: make(weather, level)
