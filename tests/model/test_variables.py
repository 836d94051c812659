import csv
import re
from collections import Counter
from importlib.resources import files
from typing import get_args

import pytest

from barograph.errors import RequestRefused
from barograph.model.variables import RESOLUTIONS, Variable, VariableType, all_variables, get_variable

ROWS = list(csv.DictReader(files("barograph.model").joinpath("variables.csv").read_text(encoding="utf-8").splitlines()))
PRODUCTS = {"dwd-icon", "archive", "historical-forecast-icon"}
EVERY = list(all_variables().values())


def test_every_name_stands_once_per_resolution() -> None:
    assert [row for row, count in Counter((row["name"], row["resolution"]) for row in ROWS).items() if count > 1] == []


def test_the_file_is_read_whole() -> None:
    assert len(EVERY) == len(ROWS) > 100


def test_names_can_be_columns_of_a_table() -> None:
    assert [row["name"] for row in ROWS if not re.fullmatch(r"[a-z][a-z0-9_]{0,47}", row["name"])] == []


def test_no_name_is_a_key_column() -> None:
    assert {row["name"] for row in ROWS}.isdisjoint({"location_id", "source", "year", "time", "date", "version"})


def test_types_are_the_known_ones() -> None:
    assert {row["type"] for row in ROWS} <= set(get_args(VariableType))


def test_resolutions_are_the_known_ones() -> None:
    assert {row["resolution"] for row in ROWS} == set(RESOLUTIONS)


def test_sources_are_the_known_products() -> None:
    assert {product for variable in EVERY for product in variable.sources} == PRODUCTS


def test_a_name_has_one_type_and_unit_at_both_resolutions() -> None:
    both = [
        (get_variable(name, "hourly"), get_variable(name, "daily"))
        for name, its in all_variables()
        if its == "daily" and (name, "hourly") in all_variables()
    ]
    assert both
    assert [one.name for one, other in both if (one.type, one.unit) != (other.type, other.unit)] == []


@pytest.mark.parametrize("variable", EVERY, ids=lambda variable: f"{variable.resolution}-{variable.name}")
def test_numbers_have_both_bounds_in_order_and_times_have_none(variable: Variable) -> None:
    if variable.type == "timestamp":
        assert (variable.lowest, variable.highest) == (None, None)
    else:
        assert variable.lowest is not None
        assert variable.highest is not None
        assert variable.lowest < variable.highest


def test_every_variable_says_what_it_is() -> None:
    assert [row["name"] for row in ROWS if len(row["meaning"]) < 5] == []


def test_temperature_80m_is_not_in_the_archive() -> None:
    assert get_variable("temperature_80m", "hourly").sources == {"dwd-icon", "historical-forecast-icon"}


def test_the_nearest_names_are_offered() -> None:
    with pytest.raises(RequestRefused, match="hourly variable 'temprature_2m' is not known: did you mean temperature_2m"):
        get_variable("temprature_2m", "hourly")


def test_only_names_of_the_same_resolution_are_offered() -> None:
    with pytest.raises(RequestRefused) as refused:
        get_variable("temperature_2m", "daily")
    offered = str(refused.value).partition("did you mean ")[2].rstrip("?").split(" or ")
    assert set(offered) <= {name for name, resolution in all_variables() if resolution == "daily"}


def test_a_name_like_no_other_is_sent_to_the_list() -> None:
    with pytest.raises(RequestRefused, match=r"docs/variables\.md lists all names"):
        get_variable("zzzzzz", "hourly")
