"""Daily variables: aggregates of the hourly columns over the same GMT days, the length of the day, the moon."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from barograph.model.variables import get_variable
from stack.standin import sun
from stack.standin.columns import Columns
from stack.standin.places import Place
from stack.standin.profiles import hour_of_day
from stack.standin.times import moon_phase

Aggregate = Callable[[Sequence[float]], float]


def _mean(day: Sequence[float]) -> float:
    return math.fsum(day) / len(day)


def _scaled_sum(factor: float) -> Aggregate:
    return lambda day: math.fsum(day) * factor


_BY_SUFFIX: Final[Mapping[str, Aggregate]] = {"max": max, "min": min, "mean": _mean, "sum": math.fsum}

_BY_NAME: Final[Mapping[str, tuple[str, Aggregate]]] = {
    "weather_code": ("weather_code", max),
    "sunshine_duration": ("sunshine_duration", math.fsum),
    "et0_fao_evapotranspiration": ("et0_fao_evapotranspiration", math.fsum),
    "precipitation_hours": ("precipitation", lambda day: float(sum(value >= 0.1 for value in day))),
    "shortwave_radiation_sum": ("shortwave_radiation", _scaled_sum(0.0036)),
    "snowfall_water_equivalent_sum": ("snowfall", _scaled_sum(1 / 0.7)),
    "growing_degree_days_base_0_limit_50": ("temperature_2m", lambda day: min(50.0, max(0.0, _mean(day)))),
    "leaf_wetness_probability_mean": ("relative_humidity_2m", lambda day: _mean([max(0, 5 * v - 400) for v in day])),
    "soil_moisture_0_to_100cm_mean": ("soil_moisture_7_to_28cm", _mean),
    "soil_temperature_0_to_100cm_mean": ("soil_temperature_7_to_28cm", _mean),
}
"""Daily variables whose name does not say what they are made of."""
_DOMINANT: Final = frozenset({"wind_direction_10m_dominant", "winddirection_10m_dominant"})
_FROM_THE_SKY: Final = frozenset({"daylight_duration", "moon_phase"})


def made_of(name: str) -> tuple[str, Aggregate]:
    """The hourly variable that a daily one is made of, and how a day's 24 values become one."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    base, _, suffix = name.rpartition("_")
    return base, _BY_SUFFIX[suffix]


class DailyColumns:
    """One value per day of a place's span; None = an hour of the day has no value."""

    def __init__(self, columns: Columns, place: Place) -> None:
        self.columns = columns
        self.place = place
        self.is_exact = columns.is_exact
        self._start = hour_of_day(place.span.first_day) - columns.first_hour

    def given_in(self, name: str) -> str | None:
        """The unit of the values where it is not the variables file's."""
        if get_variable(name, "daily").unit != "km/h":
            return None
        return self.columns.given_in(made_of(name)[0])

    def values(self, name: str) -> list[float | None]:
        """The column of a daily variable other than sunrise and its like."""
        if name in _FROM_THE_SKY:
            return list(self._from_the_sky(name))
        if name in _DOMINANT:
            speeds, angles = self._days("wind_speed_10m"), self._days("wind_direction_10m")
            return [_direction(*pair) for pair in zip(speeds, angles, strict=True)]
        base, aggregate = made_of(name)
        return [None if day is None else aggregate(day) for day in self._days(base)]

    def _days(self, name: str) -> list[list[float] | None]:
        values = self.columns.hourly(name)[self._start : self._start + 24 * self.place.span.days]
        days = (values[start : start + 24] for start in range(0, len(values), 24))
        known = ([value for value in day if value is not None] for day in days)
        return [day if len(day) == 24 else None for day in known]

    def _from_the_sky(self, name: str) -> list[float]:
        days, cell = self.place.span.each_day(), self.place.cell
        if name == "moon_phase":
            return [moon_phase(day) for day in days]
        return [sun.daylight_seconds(day, cell.latitude, cell.longitude) for day in days]


def _direction(speeds: list[float] | None, angles: list[float] | None) -> float | None:
    """The direction of the mean wind vector, degrees; None = an hour is missing."""
    if speeds is None or angles is None:
        return None
    pairs = [(speed, math.radians(angle)) for speed, angle in zip(speeds, angles, strict=True)]
    east = math.fsum(speed * math.sin(angle) for speed, angle in pairs)
    north = math.fsum(speed * math.cos(angle) for speed, angle in pairs)
    return math.degrees(math.atan2(east, north)) % 360
