"""The bounds of the variables file: they let through what sources publish, and stop what cannot be real."""

import re
from collections.abc import Iterator
from typing import Final

import pytest

from barograph.model.resolution import Resolution
from barograph.model.variables import Variable, all_variables, get_variable, read_rows

SENTINELS: Final = (-999.0, -9999.0, 9999.0, 99999.0, 1e20)
"""What files and models write where they have no value."""

PUBLISHED: Final[tuple[tuple[str, Resolution, float, str], ...]] = (
    ("shortwave_radiation", "hourly", -0.1, "open-meteo#932"),
    ("direct_radiation", "hourly", -0.1, "open-meteo#932"),
    ("diffuse_radiation", "hourly", -0.1, "open-meteo#663"),
    ("global_tilted_irradiance", "hourly", -1.6, "open-meteo#1355"),
    ("direct_radiation_instant", "hourly", -0.9, "open-meteo#1356"),
    ("shortwave_radiation_sum", "daily", -0.01, "a polar night of -0.1 W/m²"),
    ("precipitation", "hourly", -0.1, "open-meteo#929, #1486"),
    ("snowfall", "hourly", -0.07, "open-meteo#1179"),
    ("precipitation_sum", "daily", -2.4, "a dry day of -0.1 mm"),
    ("snow_depth", "hourly", -0.01, "open-meteo#533"),
    ("relative_humidity_2m", "hourly", 103, "open-meteo#1641"),
    ("relative_humidity_300hPa", "hourly", 150, "air over ice: Koop et al. 2000"),
    ("cloud_cover", "hourly", -1, "open-meteo#762"),
    ("cloud_cover", "hourly", 102, "open-meteo#762"),
    ("visibility", "hourly", 61_023, "AccessiWeather#532"),
    ("visibility", "hourly", -20, "open-meteo#196"),
    ("freezing_level_height", "hourly", -5600, "open-meteo#518: 70 m/K at -80 °C"),
    ("convective_inhibition", "hourly", -300, "open-meteo#1792"),
    ("convective_inhibition", "hourly", 300, "open-meteo#1792"),
    ("convective_cloud_base", "hourly", -500, "the Dead Sea, with room"),
    ("temperature_2m", "hourly", -94, "Scambos et al. 2018"),
    ("soil_temperature_0cm", "hourly", -98, "Scambos et al. 2018"),
    ("soil_temperature_0cm", "hourly", 80.8, "Zhao et al. 2021"),
    ("geopotential_height_1000hPa", "hourly", -1200, "a typhoon of 870 hPa"),
    ("snow_depth_water_equivalent", "hourly", 10_000, "ERA5: every glacier"),
    ("wind_direction_10m_spread", "hourly", 3600, "open-meteo#1007: spread 3.1 m/s, wind 0.05 m/s"),
    ("temperature_2m_spread", "hourly", -0.1, "interpolation between 3-hourly values"),
)
"""Values of the kind that the named reports show, or that nature has shown."""

FAULTS: Final[tuple[tuple[str, Resolution, float, str], ...]] = (
    ("precipitation", "hourly", -3276.8, "open-meteo#330: the lowest 16-bit number"),
    ("direct_radiation_instant", "hourly", -13_159.9, "open-meteo#1356"),
    ("global_tilted_irradiance", "hourly", -84_155.9, "open-meteo#1355"),
    ("wind_gusts_10m", "hourly", 972.0, "open-meteo#956: a hundred times too much"),
    ("freezing_level_height", "hourly", -100_000, "open-meteo#1600"),
    ("convective_inhibition", "hourly", -999.9, "a mark of no value"),
    ("snow_depth", "hourly", -327.68, "the lowest 16-bit number"),
    ("soil_moisture_0_to_1cm", "hourly", -32.768, "the lowest 16-bit number"),
    ("temperature_2m", "hourly", 293.15, "kelvin"),
    ("pressure_msl", "hourly", 101_325, "pascal"),
    ("pressure_msl", "hourly", 29.9, "inches of mercury"),
)
"""Values that a source has published by mistake, and mix-ups of units."""

DECIMALS: Final = {
    0: ("%", "°", "wmo code", "iso8601"),
    1: ("°C", "K", "km/h", "hPa", "W/m²", "J/kg", "h"),
    2: ("mm", "cm", "m", "m/s", "kPa", "MJ/m²", "kg/m²", "s", "", "GGDc"),
    3: ("m³/m³", "fraction"),
}
UNITS: Final = {unit: decimals for decimals, units in DECIMALS.items() for unit in units}
"""Every unit text with its decimals. Source: github.com/open-meteo/sdk, Unit.swift."""

SAME_STEP: Final = {("°C", "K")}
"""Unit and provider's unit whose steps are one as long as the other: differences need no conversion."""


def holds(variable: Variable, value: float) -> bool:
    """Whether `value` is within the bounds."""
    assert variable.lowest is not None
    assert variable.highest is not None
    return variable.lowest <= value <= variable.highest


def aggregates() -> Iterator[tuple[Variable, Variable]]:
    """Each daily highest, lowest or mean with the hourly variable that it is of."""
    for (name, resolution), variable in all_variables().items():
        base, _, how = name.rpartition("_")
        if resolution == "daily" and how in {"max", "min", "mean"} and (base, "hourly") in all_variables():
            yield variable, get_variable(base, "hourly")


def named(text: str) -> set[float]:
    """The numbers that a text names."""
    return {float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)}


def test_values_that_sources_publish_are_within_the_bounds() -> None:
    stopped = [(name, value, seen) for name, its, value, seen in PUBLISHED if not holds(get_variable(name, its), value)]
    assert stopped == []


def test_values_that_cannot_be_real_are_beyond_the_bounds() -> None:
    passed = [(name, value, seen) for name, its, value, seen in FAULTS if holds(get_variable(name, its), value)]
    assert passed == []


def test_a_sentinel_is_within_the_bounds_only_where_the_file_says_why_it_is_a_value() -> None:
    differ = []
    for row in read_rows():
        if row["lowest"]:
            within = {number for number in SENTINELS if float(row["lowest"]) <= number <= float(row["highest"])}
            explained = named(row["bounds_from"]) & set(SENTINELS)
            differ += [(row["name"], row["resolution"], within ^ explained)] if within != explained else []
    assert differ == []


def test_a_day_has_the_bounds_of_its_hours() -> None:
    pairs = list(aggregates())
    assert len(pairs) > 30
    assert [day.name for day, hour in pairs if (day.lowest, day.highest) != (hour.lowest, hour.highest)] == []


def test_sums_of_a_day_may_be_as_low_as_24_hours_below_zero() -> None:
    for name, factor in (("rain", 1), ("showers", 1), ("precipitation", 1), ("snowfall", 1), ("shortwave_radiation", 3600e-6)):
        lowest = get_variable(name, "hourly").lowest
        assert lowest is not None
        assert get_variable(f"{name}_sum", "daily").lowest == pytest.approx(24 * lowest * factor)


def test_snow_has_seven_tenths_of_the_bounds_of_its_water() -> None:
    for snow, water, resolution in (("snowfall", "precipitation", "hourly"), ("snowfall_sum", "precipitation_sum", "daily")):
        of_snow, of_water = (get_variable(name, "hourly" if resolution == "hourly" else "daily") for name in (snow, water))
        assert of_water.lowest is not None
        assert of_water.highest is not None
        assert (of_snow.lowest, of_snow.highest) == pytest.approx((0.7 * of_water.lowest, 0.7 * of_water.highest))


def test_a_spread_is_in_the_unit_of_its_variable_and_at_most_a_standard_deviation_of_its_bounds() -> None:
    for (name, _), spread in all_variables().items():
        if not name.endswith("_spread"):
            continue
        base = get_variable(name.removesuffix("_spread"), "hourly")
        assert (spread.unit, spread.decimals) == (base.unit, base.decimals), name
        assert spread.highest is not None
        assert base.lowest is not None
        assert base.highest is not None
        assert spread.highest >= (base.highest - base.lowest) / 2 * (10 / 9) ** 0.5, name


def test_every_unit_is_a_known_one_with_its_decimals() -> None:
    assert [
        (row["name"], row["unit"], row["decimals"])
        for row in read_rows()
        if int(row["decimals"] or 0) != (0 if row["name"] == "is_day" else UNITS.get(row["unit"]))
    ] == []
