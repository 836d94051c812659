from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from barograph.errors import RequestRefused
from barograph.model.chunk import Chunk
from barograph.model.request import Request
from barograph.settings import Settings
from barograph.sources.plan import plan_request
from barograph.sources.registry import Sources

TODAY = date(2026, 11, 22)
GOOD = Request("52.5244,53.5507", "13.4105,9.993", ("temperature_2m", "rain"), ("weather_code",), "2024-04-01", "2024-05-28")


def plan(mode: str = "online", **changes: Any) -> list[Chunk]:  # noqa: ANN401  # any field of a request
    """Questions of a good request with these changes."""
    return plan_request(replace(GOOD, **changes), TODAY, Sources(Settings.model_validate({"open_meteo_mode": mode})))


def findings(**changes: Any) -> list[str]:  # noqa: ANN401  # any field of a request
    """What is wrong with a good request with these changes."""
    with pytest.raises(RequestRefused) as refused:
        plan(**changes)
    return str(refused.value).split("\n- ")[1:]


def test_a_request_becomes_one_question_per_resolution_with_all_places() -> None:
    assert [(one.resolution, one.variables, len(one.locations), str(one.window)) for one in plan()] == [
        ("hourly", ("temperature_2m", "rain"), 2, "2024-04-01..2024-05-28"),
        ("daily", ("weather_code",), 2, "2024-04-01..2024-05-28"),
    ]


@pytest.mark.parametrize(("mode", "source"), [("online", "open-meteo/archive"), ("standin", "standin/archive")])
def test_the_mode_is_part_of_the_source(mode: str, source: str) -> None:
    assert {one.source for one in plan(mode, start_date="2008-01-01", end_date="2011-12-31")} == {source}


def test_a_range_over_two_products_is_asked_in_two_parts() -> None:
    hourly = [one for one in plan(start_date="2022-11-23", end_date="2022-11-24") if one.resolution == "hourly"]
    assert [(one.source, str(one.window)) for one in hourly] == [
        ("open-meteo/archive", "2022-11-23..2022-11-23"),
        ("open-meteo/historical-forecast-icon", "2022-11-24..2022-11-24"),
    ]


@pytest.mark.parametrize(("empty", "left"), [("hourly", "daily"), ("daily", "hourly")])
def test_an_empty_list_of_variables_leaves_its_half_out(empty: str, left: str) -> None:
    changes: dict[str, Any] = {empty: ()}
    assert {one.resolution for one in plan(**changes)} == {left}


def test_two_empty_lists_are_refused() -> None:
    assert findings(hourly=(), daily=()) == ["hourly and daily are both empty: name at least one variable"]


def test_everything_that_is_wrong_is_listed_at_once() -> None:
    listed = findings(
        latitudes="91,53.5507,1",
        longitudes="13.4105,x",
        hourly=("temprature_2m", "rain", "rain"),
        daily=("wether_code",),
        start_date="2024-05-29",
        end_date="2024-05-28",
    )
    assert [finding.split(":")[0] for finding in listed] == [
        "3 latitudes but 2 longitudes",
        "latitude '91' is outside -90 to 90 degrees",
        "longitude 'x' is not a number",
        "start_date 2024-05-29 is after end_date 2024-05-28",
        "hourly variable rain is given twice",
        "hourly variable 'temprature_2m' is not known",
        "daily variable 'wether_code' is not known",
    ]


def test_the_refusal_counts_what_is_to_mend() -> None:
    with pytest.raises(RequestRefused, match="refused, 2 to mend"):
        plan(latitudes="91,1", start_date="x")


def test_a_variable_that_the_archive_lacks_is_named_with_the_days_and_the_remedy() -> None:
    assert findings(hourly=("temperature_80m",), start_date="2022-11-20", end_date="2022-11-30") == [
        "hourly variable temperature_80m is not served for 2022-11-20..2022-11-23 by archive: "
        "leave it out, or set source to historical-forecast"
    ]


def test_a_variable_that_no_source_has_for_these_days_is_refused_with_the_days_that_are_served() -> None:
    assert findings(hourly=("temperature_80m",), start_date="2008-01-01", end_date="2008-01-02") == [
        "hourly variable temperature_80m is not served for 2008-01-01..2008-01-02 by archive: leave it out, or ask for other "
        "days of historical-forecast-icon (2022-11-24..2026-11-21), dwd-icon (2026-08-22..2026-11-21), "
        "forecast (2026-08-22..2026-11-21), historical-forecast (2016-01-01..2026-11-21)"
    ]


def test_auto_names_each_source_that_lacks_a_variable() -> None:
    listed = findings(hourly=("uv_index",), start_date="2022-11-20", end_date="2026-11-21")
    assert [finding.partition(":")[0] for finding in listed] == [
        "hourly variable uv_index is not served for 2022-11-20..2022-11-23 by archive",
        "hourly variable uv_index is not served for 2022-11-24..2026-08-21 by historical-forecast-icon",
        "hourly variable uv_index is not served for 2026-08-22..2026-11-21 by dwd-icon",
    ]


@pytest.mark.parametrize(
    ("source", "variable"),
    [
        ("archive", "temperature_2m"),
        ("archive-ensemble", "temperature_2m_spread"),
        ("historical-forecast", "uv_index"),
        ("historical-forecast-icon", "temperature_850hPa"),
    ],
)
def test_a_chosen_source_is_asked_for_all_days(source: str, variable: str) -> None:
    (hourly,) = plan(source=source, hourly=(variable,), daily=())
    assert (hourly.source, str(hourly.window)) == (f"open-meteo/{source}", "2024-04-01..2024-05-28")


def test_a_chosen_source_that_does_not_serve_the_days_is_refused_with_those_it_serves() -> None:
    assert findings(source="dwd-icon") == [
        "days 2024-04-01..2024-05-28 are not all served by dwd-icon: ask for 2026-08-22 to 2026-11-21, the last complete day, "
        "or set source to auto"
    ]


def test_a_source_that_is_none_is_refused_with_all_that_are() -> None:
    assert findings(source="gfs", start_date="x") == [
        "start_date 'x' is not a day: write YYYY-MM-DD",
        "source 'gfs' is not known: choose auto, dwd-icon, forecast, historical-forecast-icon, historical-forecast, archive, "
        "archive-ensemble",
    ]


def test_days_before_1940_are_refused_beside_other_findings() -> None:
    listed = findings(start_date="1939-12-31", latitudes="91,1")
    assert len(listed) == 2
    assert "ask for 1940-01-01 to 2026-11-21" in listed[1]


def test_a_future_end_is_refused_once() -> None:
    assert findings(end_date="2026-11-22") == ["end_date 2026-11-22 is not over yet: the last complete UTC day is 2026-11-21"]


def test_an_absurd_end_is_a_finding_too() -> None:
    assert findings(end_date="9999-12-31") == ["end_date 9999-12-31 is not over yet: the last complete UTC day is 2026-11-21"]
