import csv
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest

from barograph.errors import RequestRefused
from barograph.model.resolution import STEPPED
from barograph.model.variables import Kind, Variable, VariableType, all_variables, get_variable
from barograph.sources.variables_page import make_page

ROWS = list(csv.DictReader(files("barograph.model").joinpath("variables.csv").read_text(encoding="utf-8").splitlines()))
EVERY = list(all_variables().values())


def test_every_name_stands_once_per_resolution() -> None:
    assert [row for row, count in Counter((row["name"], row["resolution"]) for row in ROWS).items() if count > 1] == []


def test_the_file_is_read_whole() -> None:
    families = [row for row in ROWS if "{level}" in row["name"]]
    assert len(families) == 6
    assert len(EVERY) == len(ROWS) - 6 + 6 * 19


@pytest.mark.parametrize("name", ["temperature_1000hPa", "geopotential_height_30hPa", "wind_direction_850hPa"])
def test_a_family_has_a_variable_per_pressure_level(name: str) -> None:
    assert get_variable(name, "hourly").unit


@pytest.mark.parametrize("name", ["temperature_{level}hPa", "temperature_910hPa", "dew_point_0hPa"])
def test_what_is_between_the_levels_is_not_known(name: str) -> None:
    with pytest.raises(RequestRefused, match="is not known"):
        get_variable(name, "hourly")


def test_names_can_be_columns_of_a_table() -> None:
    assert [one.name for one in EVERY if not re.fullmatch(r"[a-z][a-zA-Z0-9_]{0,47}", one.name)] == []
    assert len({one.name.lower() for one in EVERY}) == len({one.name for one in EVERY})


def test_no_name_is_a_key_column() -> None:
    assert {row["name"] for row in ROWS}.isdisjoint({"location_id", "source", "year", "time", "date", "version"})


def test_types_and_kinds_are_the_known_ones() -> None:
    assert {row["type"] for row in ROWS} <= set(get_args(VariableType))
    assert {row["kind"] for row in ROWS} == set(get_args(Kind))


def test_the_kind_agrees_with_the_name_and_the_unit() -> None:
    endings = {"_max": "max", "_min": "min", "_mean": "mean", "_sum": "sum", "_spread": "spread", "_instant": "instant"}
    named = [(row["name"], row["kind"], kind) for row in ROWS for ending, kind in endings.items() if row["name"].endswith(ending)]
    assert len(named) > 80
    assert [name for name, kind, expected in named if kind != expected] == []
    directions = {row["name"] for row in ROWS if row["unit"] == "°" and row["kind"] != "spread"}
    assert {row["name"] for row in ROWS if row["kind"] == "direction"} == directions
    assert {row["kind"] for row in ROWS if row["type"] == "timestamp"} == {"time"}


def test_resolutions_are_the_known_ones() -> None:
    assert {row["resolution"] for row in ROWS} == set(STEPPED)


def test_a_name_has_one_type_and_unit_at_both_resolutions() -> None:
    both = [
        (get_variable(name, "hourly"), get_variable(name, "daily"))
        for name, its in all_variables()
        if its == "daily" and (name, "hourly") in all_variables()
    ]
    assert both
    assert [one.name for one, other in both if (one.type, one.unit) != (other.type, other.unit)] == []


def has_fitting_bounds(variable: Variable) -> bool:
    """Both bounds in order for a number, none for a time."""
    if variable.type == "timestamp":
        return variable.lowest is None and variable.highest is None
    return variable.lowest is not None and variable.highest is not None and variable.lowest < variable.highest


def test_numbers_have_both_bounds_in_order_and_times_have_none() -> None:
    assert [f"{one.resolution} {one.name}: {one.lowest}..{one.highest}" for one in EVERY if not has_fitting_bounds(one)] == []


def test_every_variable_says_what_it_is_and_how_its_bounds_are_known() -> None:
    assert [row["name"] for row in ROWS if len(row["meaning"]) < 5] == []
    assert [row["name"] for row in ROWS if bool(row["bounds_from"]) != bool(row["lowest"])] == []


def test_the_page_of_variables_is_current() -> None:
    page = Path(__file__).parents[2] / "docs/variables.md"
    assert page.read_text(encoding="utf-8") == make_page(), "run `make docs`"


def test_the_nearest_names_are_offered() -> None:
    with pytest.raises(RequestRefused, match="hourly variable 'temprature_2m' is not known: did you mean temperature_2m"):
        get_variable("temprature_2m", "hourly")


def test_only_names_of_the_same_resolution_are_offered() -> None:
    with pytest.raises(RequestRefused) as refused:
        get_variable("temperature_2m", "daily")
    offered = str(refused.value).partition("did you mean ")[2].rstrip("?").split(" or ")
    assert set(offered) <= {name for name, resolution in all_variables() if resolution == "daily"}


def test_a_name_of_the_other_resolution_is_said_to_be_there() -> None:
    with pytest.raises(RequestRefused, match="'temperature_2m' is not known: it is hourly"):
        get_variable("temperature_2m", "daily")


def test_what_a_forecast_said_days_before_is_refused_with_the_remedy() -> None:
    with pytest.raises(RequestRefused, match=r"days before is not recorded.*leave the ending out"):
        get_variable("temperature_2m_previous_day3", "hourly")


def test_a_name_like_no_other_is_sent_to_the_list() -> None:
    with pytest.raises(RequestRefused, match=r"docs/variables\.md lists all names"):
        get_variable("zzzzzz", "hourly")
