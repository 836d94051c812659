import csv
from importlib.resources import files

import pytest

from barograph.model.resolution import STEPPED
from barograph.model.variables import all_variables, get_variable
from barograph.sources.open_meteo.products import PRODUCTS
from barograph.sources.open_meteo.variables import list_variables, products_of, served_variables

ROWS = list(
    csv.DictReader(files("barograph.sources.open_meteo").joinpath("variables.csv").read_text(encoding="utf-8").splitlines())
)
SAME_STEP = {("°C", "K")}
"""The file's unit and the provider's for the same steps: differences in K are differences in °C."""


def test_every_row_is_a_variable_of_the_model_and_each_once() -> None:
    assert set(served_variables()) <= set(all_variables())
    assert len({(row["name"], row["resolution"]) for row in ROWS}) == len(ROWS) > 150
    assert {row["resolution"] for row in ROWS} == set(STEPPED)


def test_products_are_the_known_ones_and_each_serves_something() -> None:
    assert {product for served in served_variables().values() for product in served.products} == set(PRODUCTS)
    assert all(served.products for served in served_variables().values())


def test_a_providers_unit_has_the_steps_of_the_models() -> None:
    other = [row for row in ROWS if row["provider_unit"]]
    units = {row["name"]: (get_variable(row["name"], "hourly").unit, row["provider_unit"]) for row in other}
    assert [name for name, pair in units.items() if pair not in SAME_STEP] == []
    assert [row["name"] for row in other if not row["name"].endswith("_spread")] == [], "absolute values would need an offset"
    assert len(other) == 6


def test_temperature_80m_is_not_in_the_archive() -> None:
    assert set(products_of("temperature_80m", "hourly")) == {
        *("dwd-icon", "forecast", "historical-forecast-icon", "historical-forecast")
    }


@pytest.mark.parametrize("name", ["temperature_1000hPa", "geopotential_height_30hPa", "wind_direction_850hPa"])
def test_a_family_is_served_at_every_pressure_level(name: str) -> None:
    assert "dwd-icon" in list_variables("hourly")[name]


def test_what_is_not_open_meteos_is_served_by_no_product() -> None:
    assert products_of("no_such_variable", "hourly") == ()
