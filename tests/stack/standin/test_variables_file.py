"""The variables file against the reference of documented variables: names, units, decimals and who serves them."""

import csv
import re
from pathlib import Path

import pytest

from barograph.model.variables import all_variables
from barograph.sources.open_meteo.variables import products_of
from tests.examples.folders import VARIABLES, each, find

Row = dict[str, str]


OF_FAMILIES = re.compile(r"(temperature|relative_humidity|cloud_cover|wind_speed|wind_direction|geopotential_height)_\d+hPa")
"""Names that the reference gives as a rule, not as rows."""
ENSEMBLE = "hourly(ensemble spread)"


def read_documented(path: Path) -> list[Row]:
    """The documented hourly and daily variables of all endpoints; the historical forecast inherits the forecast's."""
    with path.open(encoding="utf-8", newline="") as text:
        rows = [row for row in csv.DictReader(text) if row["section"] in {"hourly", "daily", ENSEMBLE}]
    ensemble = [{**row, "endpoint": "archive-ensemble", "section": "hourly"} for row in rows if row["section"] == ENSEMBLE]
    plain = [row for row in rows if row["section"] != ENSEMBLE]
    return [*plain, *ensemble, *({**row, "endpoint": "historical-forecast"} for row in plain if row["endpoint"] == "forecast")]


def documented(reference: list[Row], endpoint: str) -> set[tuple[str, str]]:
    """Names and sections of an endpoint."""
    return {(row["variable"], row["section"]) for row in reference if row["endpoint"] == endpoint}


@each(VARIABLES)
def test_units_decimals_and_who_serves_them_are_as_documented(path: Path) -> None:
    rows = read_documented(path)
    assert len(rows) > 50
    for row in rows:
        variable = next(found for key, found in all_variables().items() if key == (row["variable"], row["section"]))
        assert variable.unit == row["json_unit"], row
        assert variable.decimals == int(row["decimals"].replace("t", "0")), row
        assert (variable.type == "timestamp") == (row["decimals"] == "t"), row
        assert row["endpoint"] in products_of(variable.name, variable.resolution), row


@pytest.mark.parametrize(
    ("source", "count"),
    [("dwd-icon", 83), ("forecast", 128), ("historical-forecast", 128), ("archive", 103), ("archive-ensemble", 23)],
)
def test_every_documented_variable_is_covered_and_no_other(source: str, count: int) -> None:
    served = {key for key in all_variables() if source in products_of(*key) and not OF_FAMILIES.fullmatch(key[0])}
    assert len(served) == count
    complete = find(VARIABLES).get("shared")
    if complete:
        assert served == documented(read_documented(complete), source)


@pytest.mark.parametrize("source", ["dwd-icon", "forecast", "historical-forecast", "historical-forecast-icon"])
def test_pressure_levels_are_served_where_the_reference_says(source: str) -> None:
    levels = [one for one in all_variables().values() if OF_FAMILIES.fullmatch(one.name)]
    assert len(levels) == 114
    served = [products_of(one.name, "hourly") for one in levels]
    assert all(source in products and "archive" not in products for products in served)


def test_the_historical_forecast_of_icon_has_what_icon_has_and_nothing_of_the_archive_alone() -> None:
    has = {key for key in all_variables() if "historical-forecast-icon" in products_of(*key)}
    icon = {key for key in all_variables() if "dwd-icon" in products_of(*key)}
    forecast = {key for key in all_variables() if "forecast" in products_of(*key)}
    assert icon <= has <= icon | forecast
