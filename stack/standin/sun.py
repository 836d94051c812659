"""Where the sun stands: per day its declination and the equation of time, sunrise and sunset.

Source: NOAA Global Monitoring Laboratory, "General Solar Position Calculations" (gml.noaa.gov/grad/solcalc/solareqns.PDF).
"""

import math
from datetime import date
from functools import lru_cache
from typing import Final

ZENITH_AT_SUNRISE: Final = 90.833
"""Degrees, with refraction and the sun's radius."""


@lru_cache(maxsize=10_000)
def declination_and_equation(day: date) -> tuple[float, float]:
    """The sun's declination in radians and the equation of time in minutes, at noon UTC of `day`."""
    angle = 2 * math.pi / 365.25 * (day.timetuple().tm_yday - 1)
    equation = 229.18 * (
        0.000075
        + 0.001868 * math.cos(angle)
        - 0.032077 * math.sin(angle)
        - 0.014615 * math.cos(2 * angle)
        - 0.040849 * math.sin(2 * angle)
    )
    declination = (
        0.006918
        - 0.399912 * math.cos(angle)
        + 0.070257 * math.sin(angle)
        - 0.006758 * math.cos(2 * angle)
        + 0.000907 * math.sin(2 * angle)
        - 0.002697 * math.cos(3 * angle)
        + 0.00148 * math.sin(3 * angle)
    )
    return declination, equation


def sines_of_elevation(day: date, latitude: float, longitude: float, minute: int = 0) -> list[float]:
    """The sine of the sun's elevation at `minute` past each of the 24 UTC hours; below 0 = under the horizon."""
    declination, equation = declination_and_equation(day)
    across = math.sin(math.radians(latitude)) * math.sin(declination)
    along = math.cos(math.radians(latitude)) * math.cos(declination)
    noon_angle = math.radians((equation + minute) / 4 + longitude - 180)
    return [across + along * math.cos(noon_angle + math.pi / 12 * hour) for hour in range(24)]


def sunrise_and_sunset(day: date, latitude: float, longitude: float) -> tuple[float, float] | None:
    """Minutes after 00:00 UTC of `day`, possibly before 0 or after 1440; None = the sun stays up or down."""
    declination, equation = declination_and_equation(day)
    latitude_radians = math.radians(latitude)
    cosine = math.cos(math.radians(ZENITH_AT_SUNRISE)) / (math.cos(latitude_radians) * math.cos(declination))
    cosine -= math.tan(latitude_radians) * math.tan(declination)
    if not -1 < cosine < 1:
        return None
    half_day = 4 * math.degrees(math.acos(cosine))
    noon = 720 - 4 * longitude - equation
    return noon - half_day, noon + half_day


def daylight_seconds(day: date, latitude: float, longitude: float) -> float:
    """Seconds between sunrise and sunset: 0 where the sun stays down, 86400 where it stays up."""
    times = sunrise_and_sunset(day, latitude, longitude)
    if times is not None:
        return (times[1] - times[0]) * 60
    declination, _ = declination_and_equation(day)
    return 86_400.0 if declination * latitude > 0 else 0.0
