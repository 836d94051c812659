"""The WMO weather code of each hour, from precipitation, clouds, humidity and temperature.

Source: the 28 codes listed at open-meteo.com/en/docs; the thresholds are the stand-in's own.
"""

from collections.abc import Sequence
from typing import Final

from stack.standin.weather import Series, Weather

THUNDER: Final = 95
FOG: Final = 45
RIME_FOG: Final = 48
_RAIN: Final = ((0.3, 51), (0.6, 53), (0.9, 55), (1.5, 61), (4.0, 63), (float("inf"), 65))
_SHOWERS: Final = ((1.0, 80), (3.0, 81), (float("inf"), 82))
_SNOW: Final = ((0.5, 71), (1.5, 73), (float("inf"), 75))
_FREEZING: Final = ((0.5, 56), (0.8, 57), (2.0, 66), (float("inf"), 67))


def _by_amount(amount: float, steps: Sequence[tuple[float, int]]) -> int:
    return next(code for limit, code in steps if amount < limit)


def _code(wet: float, cloud: float, damp: float, warm: float) -> int:
    if wet > 0:
        if warm < 0.5:
            return _by_amount(wet, _SNOW)
        if warm < 1.0:
            return _by_amount(wet, _FREEZING)
        if warm > 15:
            return THUNDER if wet > 1.5 and warm > 20 else _by_amount(wet, _SHOWERS)
        return _by_amount(wet, _RAIN)
    if damp > 97:
        return RIME_FOG if warm < 0 else FOG
    return 0 if cloud < 12.5 else 1 if cloud < 37.5 else 2 if cloud < 75 else 3


def weather_codes(weather: Weather, humidity: Series) -> Series:
    """One of the 28 codes per hour."""
    columns = zip(weather.precipitation(), weather.cloud_cover(), humidity, weather.temperature(), strict=True)
    return [float(_code(*row)) for row in columns]
