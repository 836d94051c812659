"""Hourly variables that follow the sun, as recipes over the base quantities. Radiation is in W/m², never negative."""

from collections.abc import Callable, Mapping
from typing import Final

from stack.standin.weather import Series, Weather

SOLAR_CONSTANT: Final = 1361.0
"""W/m² at the top of the atmosphere. Source: Kopp and Lean 2011."""
MINUTES_BACK: Final = 30
"""The mean of the hour before is taken as the value in its middle."""

Recipe = Callable[[Weather], Series]


def _terrestrial(weather: Weather, minute: int) -> Series:
    return [SOLAR_CONSTANT * sine if sine > 0 else 0.0 for sine in weather.sine_of_sun(minute)]


def _global(weather: Weather, minute: int) -> Series:
    """Source of the cloud factor: Kasten and Czeplak 1980."""
    pairs = zip(_terrestrial(weather, minute), weather.cloud_cover(), strict=True)
    return [0.74 * top * (1 - 0.75 * (cloud / 100) ** 3.4) for top, cloud in pairs]


def _direct(weather: Weather, minute: int) -> Series:
    pairs = zip(_global(weather, minute), weather.cloud_cover(), strict=True)
    return [0.8 * light * (1 - cloud / 100) for light, cloud in pairs]


def _diffuse(weather: Weather, minute: int) -> Series:
    pairs = zip(_global(weather, minute), _direct(weather, minute), strict=True)
    return [light - direct for light, direct in pairs]


def _direct_normal(weather: Weather, minute: int) -> Series:
    pairs = zip(_direct(weather, minute), weather.sine_of_sun(minute), strict=True)
    return [direct / max(0.05, sine) for direct, sine in pairs]


_KINDS: Final[Mapping[str, Callable[[Weather, int], Series]]] = {
    "shortwave_radiation": _global,
    "direct_radiation": _direct,
    "diffuse_radiation": _diffuse,
    "direct_normal_irradiance": _direct_normal,
    "global_tilted_irradiance": _global,
    "terrestrial_radiation": _terrestrial,
}


def _at(kind: Callable[[Weather, int], Series], minute: int) -> Recipe:
    return lambda weather: kind(weather, minute)


def _scaled(kind: Callable[[Weather, int], Series], factor: float) -> Recipe:
    return lambda weather: [factor * value for value in kind(weather, -MINUTES_BACK)]


def _is_day(weather: Weather) -> Series:
    return [1.0 if sine > -0.0145 else 0.0 for sine in weather.sine_of_sun()]


def _sunshine(weather: Weather) -> Series:
    """Seconds of the hour before; the WMO counts direct light of more than 120 W/m² as sunshine."""
    return [min(3600.0, 30 * max(0.0, light - 120)) for light in _direct_normal(weather, -MINUTES_BACK)]


def _reference_evapotranspiration(weather: Weather) -> Series:
    pairs = zip(_global(weather, -MINUTES_BACK), weather.temperature(), strict=True)
    return [0.0006 * light * max(0.2, 1 + 0.02 * (warm - 15)) for light, warm in pairs]


def _evapotranspiration(weather: Weather) -> Series:
    return [0.7 * value - 0.005 for value in _reference_evapotranspiration(weather)]


RADIATION: Final[Mapping[str, Recipe]] = {
    **{name: _at(kind, -MINUTES_BACK) for name, kind in _KINDS.items()},
    **{f"{name}_instant": _at(kind, 0) for name, kind in _KINDS.items()},
    "uv_index": _scaled(_global, 0.01),
    "uv_index_clear_sky": _scaled(_terrestrial, 0.0074),
    "is_day": _is_day,
    "sunshine_duration": _sunshine,
    "et0_fao_evapotranspiration": _reference_evapotranspiration,
    "evapotranspiration": _evapotranspiration,
    "boundary_layer_height": lambda weather: [150 + 2 * light for light in _global(weather, -MINUTES_BACK)],
}
