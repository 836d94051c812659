"""The variables file against the reference of documented variables: names, units, decimals and who serves them."""

import csv
import re

import pytest

from barograph.model.variables import all_variables
from tests.contract.open_meteo_recordings import shared

Row = dict[str, str]


OF_FAMILIES = re.compile(r"(temperature|relative_humidity|cloud_cover|wind_speed|wind_direction|geopotential_height)_\d+hPa")
"""Names that the reference gives as a rule, not as rows."""
ENSEMBLE = "hourly(ensemble spread)"


@pytest.fixture
def reference() -> list[Row]:
    """The documented hourly and daily variables of all endpoints; the historical forecast inherits the forecast's."""
    with shared("reference/open-meteo-variables.csv").open(encoding="utf-8", newline="") as text:
        rows = [row for row in csv.DictReader(text) if row["section"] in {"hourly", "daily", ENSEMBLE}]
    ensemble = [{**row, "endpoint": "archive-ensemble", "section": "hourly"} for row in rows if row["section"] == ENSEMBLE]
    plain = [row for row in rows if row["section"] != ENSEMBLE]
    return [*plain, *ensemble, *({**row, "endpoint": "historical-forecast"} for row in plain if row["endpoint"] == "forecast")]


def documented(reference: list[Row], endpoint: str) -> set[tuple[str, str]]:
    """Names and sections of an endpoint."""
    return {(row["variable"], row["section"]) for row in reference if row["endpoint"] == endpoint}


def test_names_are_exactly_the_documented_ones(reference: list[Row]) -> None:
    named = {(one.name, one.resolution) for one in all_variables().values() if not OF_FAMILIES.fullmatch(one.name)}
    assert named == {(row["variable"], row["section"]) for row in reference}


def test_units_and_decimals_are_the_documented_ones(reference: list[Row]) -> None:
    for row in reference:
        variable = next(found for key, found in all_variables().items() if key == (row["variable"], row["section"]))
        assert variable.unit == row["json_unit"], row
        assert variable.decimals == int(row["decimals"].replace("t", "0")), row
        assert (variable.type == "timestamp") == (row["decimals"] == "t"), row


@pytest.mark.parametrize(
    ("source", "count"),
    [("dwd-icon", 83), ("forecast", 128), ("historical-forecast", 128), ("archive", 103), ("archive-ensemble", 23)],
)
def test_every_documented_variable_is_covered(source: str, count: int, reference: list[Row]) -> None:
    served = {key for key, one in all_variables().items() if source in one.sources and not OF_FAMILIES.fullmatch(key[0])}
    print(f"{source}: {len(served)} of {len(documented(reference, source))} documented variables")
    assert served == documented(reference, source)
    assert len(served) == count


@pytest.mark.parametrize("source", ["dwd-icon", "forecast", "historical-forecast", "historical-forecast-icon"])
def test_pressure_levels_are_served_where_the_reference_says(source: str) -> None:
    levels = [one for one in all_variables().values() if OF_FAMILIES.fullmatch(one.name)]
    assert len(levels) == 114
    assert all(source in one.sources and "archive" not in one.sources for one in levels)


def test_the_historical_forecast_of_icon_has_what_icon_has_and_nothing_of_the_archive_alone(reference: list[Row]) -> None:
    has = {key for key, variable in all_variables().items() if "historical-forecast-icon" in variable.sources}
    icon = {key for key, variable in all_variables().items() if "dwd-icon" in variable.sources}
    forecast = {key for key, variable in all_variables().items() if "forecast" in variable.sources}
    assert icon <= has <= icon | forecast
