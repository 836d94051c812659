"""Made-up weather of one grid cell: plausible, consistent with itself, and a function of cell and hour alone.

No climate data is behind it. Temperature follows latitude, season and sun; noise brings lows and highs, clouds and rain.
"""

import math
from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from itertools import chain

from stack.standin import noise, sun
from stack.standin.grid import Cell
from stack.standin.profiles import hour_of_day

Series = list[float]


def once(make: Callable[["Weather"], Series]) -> Callable[["Weather"], Series]:
    """Make the series at the first call for a `Weather`, and hand out the same one afterwards."""

    @wraps(make)
    def made(weather: "Weather") -> Series:
        if make.__name__ not in weather.made:
            weather.made[make.__name__] = make(weather)
        return weather.made[make.__name__]

    return made


def terrain_height(latitude: float, longitude: float) -> float:
    """A made-up height above sea level in whole metres, 0 to about 1500."""
    rough = noise.constant("terrain", latitude, longitude) + 0.2 * math.sin(latitude * 37) * math.sin(longitude * 41)
    return float(round(40 + 300 * max(0.0, rough) ** 2))


class Weather:
    """The base quantities of a cell for whole UTC days, one value per hour, each made when first asked for.

    Units are the variables file's. Derived ones are recipes over these (`derived`).
    """

    def __init__(self, cell: Cell, first_day: date, days: int) -> None:
        self.cell = cell
        self.days = [first_day + timedelta(days=index) for index in range(days)]
        self.first_hour = hour_of_day(first_day)
        self.end_hour = self.first_hour + 24 * days
        self.height = terrain_height(cell.latitude, cell.longitude)
        self.made: dict[str, Series] = {}

    def regional(self, name: str, period: int) -> Series:
        """Noise in about -1..1 that neighbours share, changing within `period` hours."""
        place = (self.cell.latitude, self.cell.longitude)
        key = f"{name} {period}"
        if key not in self.made:
            self.made[key] = noise.regional(key, period, *place, self.first_hour, self.end_hour)
        return self.made[key]

    def local(self, name: str, period: int) -> Series:
        """Noise in -1..1 of this cell alone, changing within `period` hours."""
        place = (self.cell.latitude, self.cell.longitude)
        return noise.local(name, period, *place, self.first_hour, self.end_hour)

    def sine_of_sun(self, minute: int = 0) -> Series:
        """Sine of the sun's elevation `minute` minutes after each hour (negative = before)."""
        key = f"sun {minute}"
        if key not in self.made:
            place = (self.cell.latitude, self.cell.longitude)
            daily = (sun.sines_of_elevation(day, *place, minute) for day in self.days)
            self.made[key] = list(chain.from_iterable(daily))
        return self.made[key]

    @once
    def season(self) -> Series:
        """Mean temperature of the day in °C without weather, the same for its 24 hours."""
        latitude = self.cell.latitude
        mean = 28 - 0.0068 * latitude * latitude - 0.0065 * self.height
        daily = (mean + _seasonal_swing(day, latitude) for day in self.days)
        return [value for value in daily for _ in range(24)]

    @once
    def cloud_cover(self) -> Series:
        """%, 0..100: more in low pressure."""
        columns = zip(self.regional("pressure", 96), self.regional("cloud", 18), self.local("cloud", 5), strict=True)
        raw = [50 - 45 * front + 60 * field + 20 * spot for front, field, spot in columns]
        return [0.0 if cloud < 0 else 100.0 if cloud > 100 else cloud for cloud in raw]

    @once
    def temperature(self) -> Series:
        """°C, 2 m above ground."""
        swing = 3 + 4 * math.cos(math.radians(self.cell.latitude))
        weather = 3 + abs(self.cell.latitude) / 15
        airs, spots, clouds = self.regional("air", 72), self.local("air", 7), self.cloud_cover()
        columns = zip(self.season(), airs, spots, self.sine_of_sun(-150), clouds, strict=True)
        return [
            season + weather * air + 0.7 * spot + swing * sine * (1 - 0.005 * cloud) for season, air, spot, sine, cloud in columns
        ]

    @once
    def dew_point(self) -> Series:
        """°C, never above the temperature."""
        columns = zip(self.temperature(), self.cloud_cover(), self.regional("moist", 30), strict=True)
        return [warm - max(0.2, 10 - 0.08 * cloud + 4 * moist) for warm, cloud, moist in columns]

    @once
    def precipitation(self) -> Series:
        """Millimetres of the hour before, in steps of 0.1 as models write it; only under thick clouds."""
        return [
            round(6 * (cloud / 100 - 0.7) * wet * wet, 1) if cloud > 70 and wet > 0.2 else 0.0
            for cloud, wet in zip(self.cloud_cover(), self.regional("wet", 6), strict=True)
        ]

    @once
    def pressure(self) -> Series:
        """Pressure at sea level, hPa."""
        swing = 4 + abs(self.cell.latitude) / 5
        columns = zip(self.regional("pressure", 96), self.regional("pressure", 24), strict=True)
        return [1014 + swing * front + 2 * short for front, short in columns]

    @once
    def wind_speed(self) -> Series:
        """Speed in km/h, 10 m above ground."""
        columns = zip(self.regional("wind", 36), self.local("wind", 4), self.sine_of_sun(), strict=True)
        return [abs(12 + 14 * slow + 5 * quick + 3 * sine) for slow, quick, sine in columns]

    @once
    def wind_direction(self) -> Series:
        """Degrees it comes from, 0..360, 10 m above ground."""
        columns = zip(self.regional("direction", 60), self.local("direction", 4), strict=True)
        return [(240 + 150 * slow + 15 * quick) % 360 for slow, quick in columns]


def _seasonal_swing(day: date, latitude: float) -> float:
    return -0.2 * latitude * math.cos(2 * math.pi * (day.timetuple().tm_yday - 22) / 365.25)
