"""Locations and revision days of a run: from Params, Variables, the table of locations and the ledger."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from barograph.errors import RequestRefused
from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.tagged_location import TaggedLocation
from barograph.model.window import Window
from barograph.orchestration import plan, xcom
from barograph.orchestration.load import LoadObservationsOperator
from barograph.orchestration.params import read_request, read_revision_days
from barograph.orchestration.spark import LocalJarsOperator
from barograph.orchestration.xcom import from_xcom, to_xcom
from barograph.settings import Settings, get_settings
from tests.orchestration.runs import VARIABLES, run_of, set_variables, try_of

LOCATION = {"name": "Brocken", "latitude": 51.8, "longitude": 10.6}


@pytest.mark.parametrize(
    ("params", "variables", "read"),
    [
        ({}, {}, ("52.5244,53.5507", "", ())),
        ({}, {"locations": "[1]", "tags": "a, b"}, ("52.5244,53.5507", "[1]", ("a", "b"))),
        ({"tags": ["c"]}, {"locations": "[1]", "tags": "a"}, ("", "", ("c",))),
        ({"locations": [LOCATION]}, {"tags": "a"}, ("", '[{"name": "Brocken", "latitude": 51.8, "longitude": 10.6}]', ())),
        ({"latitudes": "1", "longitudes": "2"}, {"locations": "[1]", "tags": "a"}, ("1", "", ())),
        ({"latitudes": "1", "longitudes": "2", "tags": ["c"]}, {}, ("1", "", ("c",))),
    ],
)
def test_a_run_that_gives_locations_leaves_the_other_variables_aside(
    params: dict[str, Any],
    variables: dict[str, str | None],
    read: tuple[str, str, tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_variables(monkeypatch, {**VARIABLES, **variables})
    request = read_request(params)
    assert (request.latitudes, request.locations, request.tags) == read


@pytest.mark.parametrize(("text", "days"), [(None, 3), ("", 3), ("0", 0), ("14", 14)])
def test_three_days_are_revised_where_the_variable_says_nothing(
    text: str | None, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, {"revision_days": text})
    assert read_revision_days() == days


@pytest.mark.parametrize("text", ["-1", "91", "three", "1.5", pytest.param("9" * 5000, id="more digits than int reads")])
def test_revision_days_that_are_no_number_of_days_are_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, {"revision_days": text})
    with pytest.raises(RequestRefused, match="is not a number of days from 0 to 90"):
        read_revision_days()


def test_a_daily_run_asks_again_for_the_days_that_the_ledger_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    get_settings.cache_clear()
    set_variables(monkeypatch, {**VARIABLES, "revision_days": "3"})

    def overlapping(chunks: Sequence[Chunk]) -> list[Attempt]:
        assert [str(chunk.window) for chunk in chunks] == ["2026-11-18..2026-11-20"]  # the ledger is asked for these days alone
        window = Window(date(2026, 11, 17), date(2026, 11, 20))
        chunk = replace(chunks[0], locations=(Location("52.5244", "13.4105"),), variables=("temperature_2m",), window=window)
        return [Attempt(chunk, 1, "COMMITTED", "run", "task")]

    store = SimpleNamespace(ledger=SimpleNamespace(overlapping=overlapping))
    monkeypatch.setattr(plan, "open_store", lambda settings: nullcontext(store))
    run = run_of("manual", "2026-11-22T12:00:00+00:00", params={"day": "2026-11-21"})
    questions = plan.plan_day(run, known=["day"])
    assert [(one["start"], one["end"]) for one in questions["hourly"]] == [("2026-11-18", "2026-11-22")]
    assert [(one["start"], one["end"]) for one in questions["daily"]] == [("2026-11-21", "2026-11-22")]


def test_locations_of_the_variable_are_asked_for_and_kept_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    get_settings.cache_clear()
    set_variables(monkeypatch, {**VARIABLES, "daily": "", "locations": json.dumps([LOCATION])})
    kept: list[TaggedLocation] = []
    store = SimpleNamespace(locations=SimpleNamespace(keep=kept.extend))
    monkeypatch.setattr(plan, "open_store", lambda settings: nullcontext(store))
    questions = plan.plan_range(run_of("manual", "2026-11-22T12:00:00+00:00"), known=[])
    brocken = {"name": "Brocken", "latitude": "51.8", "longitude": "10.6"}
    assert {str(one["locations"]) for one in questions["hourly"]} == {str(["52.5244,13.4105", "53.5507,9.993", brocken])}
    assert [tagged.location.to_json() for tagged in kept] == [brocken]


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> dict[str, Sequence[Location]]:
    """The lists of locations that are kept."""
    kept: dict[str, Sequence[Location]] = {}

    def keep(locations: Sequence[Location]) -> str:
        kept["digest"] = locations
        return "digest"

    store = SimpleNamespace(lists=SimpleNamespace(keep=keep, read=lambda list_ids: {one: kept[one] for one in list_ids}))
    monkeypatch.setattr(xcom, "open_store", lambda settings: nullcontext(store))
    return kept


@pytest.mark.parametrize(("count", "is_kept"), [(100, False), (101, True)])
def test_locations_reach_the_next_task_by_themselves_or_by_reference(
    count: int, is_kept: bool, lists: dict[str, Sequence[Location]]
) -> None:
    locations = tuple(Location(str(n / 10), "7", f"location {n}", "5") for n in range(count))
    asked = Chunk("open-meteo/archive", "daily", locations, ("weather_code",), Window(date(2024, 4, 1), date(2024, 4, 2)))
    packed = to_xcom([asked], Settings())
    assert bool(lists) is is_kept
    (taken,) = from_xcom(packed["daily"], Settings())
    assert taken == asked
    assert [location.to_json() for location in taken.locations] == [location.to_json() for location in locations]


def end_of_load(monkeypatch: pytest.MonkeyPatch, **lacking: object) -> str:
    """The message that a load ends red with whose produce task returned this; empty = it ends green. All else has landed."""
    get_settings.cache_clear()
    landed: list[bool] = []
    monkeypatch.setattr(LocalJarsOperator, "execute", lambda self, context: landed.append(True))
    produced: Any = {"attempt_ids": ["x"], "observations": 24, "unserved": [], "known_unserved": [], "refused": None, **lacking}
    try:
        LoadObservationsOperator(task_id="load", produced=produced).execute(try_of("run"))
    except AirflowFailException as error:
        return str(error)
    finally:
        assert landed == [True]
        get_settings.cache_clear()
    return ""


@pytest.mark.parametrize(
    ("bad_locations", "lacking", "says"),
    [
        ("red", {"unserved": ["Atlantis"]}, "the source has no data for 1 locations: Atlantis: take them out"),
        ("partial", {"unserved": ["Atlantis"]}, ""),
        ("red", {"known_unserved": ["Atlantis"]}, ""),
    ],
)
def test_locations_without_data_end_the_run_red_when_they_are_news(
    bad_locations: str, lacking: dict[str, object], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAD_LOCATIONS", bad_locations)
    ended = end_of_load(monkeypatch, **lacking)
    assert (says in ended, bool(ended)) == (True, bool(says))


def test_refused_chunks_end_the_run_red_after_all_else_has_landed(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = end_of_load(monkeypatch, refused="the source refused 2 chunks.\n- a: bad name\n- b: bad name")
    assert ended.startswith("everything else has landed, but the source refused 2 chunks.\n- a: bad name")
    assert "clear the produce task: it asks for these chunks alone" in ended
