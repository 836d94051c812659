"""The variables file against the reference of documented variables: names, units, decimals and who serves them."""

import csv

import pytest

from barograph.model.variables import all_variables
from tests.contract.open_meteo_recordings import shared

Row = dict[str, str]


@pytest.fixture
def reference() -> list[Row]:
    """The documented hourly and daily variables of all endpoints."""
    with shared("reference/open-meteo-variables.csv").open(encoding="utf-8", newline="") as text:
        return [row for row in csv.DictReader(text) if row["section"] in {"hourly", "daily"}]


def test_names_are_exactly_the_documented_ones(reference: list[Row]) -> None:
    assert set(all_variables()) == {(row["variable"], row["section"]) for row in reference}


def test_units_and_decimals_are_the_documented_ones(reference: list[Row]) -> None:
    for row in reference:
        variable = next(found for key, found in all_variables().items() if key == (row["variable"], row["section"]))
        assert variable.unit == row["json_unit"], row
        assert variable.decimals == int(row["decimals"].replace("t", "0")), row
        assert (variable.type == "timestamp") == (row["decimals"] == "t"), row


@pytest.mark.parametrize("source", ["dwd-icon", "archive"])
def test_sources_are_the_documented_ones(source: str, reference: list[Row]) -> None:
    documented = {(row["variable"], row["section"]) for row in reference if row["endpoint"] == source}
    assert {key for key, variable in all_variables().items() if source in variable.sources} == documented


def test_the_historical_forecast_has_what_icon_has_and_nothing_of_the_archive_alone(reference: list[Row]) -> None:
    documented = {(row["variable"], row["section"]) for row in reference if row["endpoint"] in {"dwd-icon", "forecast"}}
    has = {key for key, variable in all_variables().items() if "historical-forecast-icon" in variable.sources}
    assert {key for key, variable in all_variables().items() if "dwd-icon" in variable.sources} <= has <= documented


def test_every_number_has_bounds_and_everything_a_meaning() -> None:
    for variable in all_variables().values():
        assert variable.meaning
        if variable.type == "timestamp":
            assert variable.lowest is None
        else:
            assert variable.lowest is not None
            assert variable.highest is not None
            assert variable.lowest < variable.highest
