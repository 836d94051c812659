"""Hourly variables of the ground, as recipes over the base quantities: the deeper, the slower."""

from collections.abc import Callable, Mapping
from typing import Final

from stack.standin.weather import Series, Weather

Recipe = Callable[[Weather], Series]

_TEMPERATURES: Final = {
    "soil_temperature_0cm": 1.0,
    "soil_temperature_6cm": 0.7,
    "soil_temperature_18cm": 0.4,
    "soil_temperature_54cm": 0.1,
    "soil_temperature_0_to_7cm": 0.8,
    "soil_temperature_7_to_28cm": 0.4,
    "soil_temperature_28_to_100cm": 0.1,
    "soil_temperature_100_to_255cm": 0.0,
}
"""Share of the air's departure from the season that reaches the depth."""

_MOISTURES: Final = {
    "soil_moisture_0_to_1cm": 60,
    "soil_moisture_1_to_3cm": 90,
    "soil_moisture_3_to_9cm": 150,
    "soil_moisture_9_to_27cm": 300,
    "soil_moisture_27_to_81cm": 700,
    "soil_moisture_0_to_7cm": 120,
    "soil_moisture_7_to_28cm": 300,
    "soil_moisture_28_to_100cm": 800,
    "soil_moisture_100_to_255cm": 2000,
}
"""Hours within which the water content changes."""

DENSITY_OF_SNOW: Final = 250.0
"""kg/m³: 1 m of lying snow holds 250 mm of water."""


def _temperature(share: float) -> Recipe:
    def recipe(weather: Weather) -> Series:
        pairs = zip(weather.temperature(), weather.season(), strict=True)
        return [season + share * (warm - season) for warm, season in pairs]

    return recipe


def _moisture(period: int) -> Recipe:
    return lambda weather: [0.28 + 0.1 * value for value in weather.regional("soil", period)]


def _snow_depth(weather: Weather) -> Series:
    pairs = zip(weather.season(), weather.regional("snow", 240), strict=True)
    return [max(0.0, -0.03 * season * (1 + 0.3 * swing)) for season, swing in pairs]


SOIL: Final[Mapping[str, Recipe]] = {
    **{name: _temperature(share) for name, share in _TEMPERATURES.items()},
    **{name: _moisture(period) for name, period in _MOISTURES.items()},
    "snow_depth": _snow_depth,
    "snow_depth_water_equivalent": lambda weather: [DENSITY_OF_SNOW * depth for depth in _snow_depth(weather)],
    "albedo": lambda weather: [65.0 if depth > 0.02 else 19.0 for depth in _snow_depth(weather)],
}
