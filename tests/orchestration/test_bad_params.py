"""P1 to P10: bad Variables and Params end in the first task, for good, with all that is to mend; nothing was asked."""

import json
from collections.abc import Mapping
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from barograph.model.chunk import Chunk
from barograph.orchestration import xcom
from barograph.orchestration.plan import plan_range
from tests.orchestration.runs import VARIABLES, run_of, set_variables

pytestmark = pytest.mark.usefixtures("defaults")
EAST = {"longitudes": "1.5,2"}
FIRST, LAST = {"start_date": "2024-04-01"}, {"end_date": "2024-05-28"}
MANY = ",".join(str(n / 1000) for n in range(10_000))

AS_VARIABLES: Mapping[str, tuple[dict[str, str | None], str]] = {
    "P1 missing": ({"latitudes": None}, "Airflow Variable 'latitudes' does not exist: set it under Admin, Variables"),
    "P1 empty": (
        {"latitudes": "", "longitudes": ""},
        "longitudes, locations and tags are empty: give at least one location",
    ),
    "P1 no JSON where none is due": (
        {"hourly": '["rain"]'},
        "hourly .* is JSON, .* without brackets and quotes, as rain",
    ),
    "P1 not JSON": ({"locations": "{"}, "locations is not JSON .*: write a list of objects with name, latitude, longitude"),
    "P2 out of range": ({"latitudes": "91,1", **EAST}, "latitude '91' is outside -90 to 90 degrees"),
    "P2 swapped": ({"latitudes": "139.7,13.4", "longitudes": "35.7,52.5"}, "latitude '139.7' is outside -90 to 90"),
    "P2 NaN": ({"latitudes": "1.5,2", "longitudes": "NaN,1"}, "longitude 'NaN' is not a number"),
    "P2 text": (
        {"latitudes": "Berlin,1", **EAST},
        "latitude 'Berlin' is not a number: write decimal degrees such as 52.5244",
    ),
    "P2 too many digits": ({"latitudes": "52.1234567890123456,1", **EAST}, "has more than 15 digits: shorten it"),
    "P2 counts": (
        {"latitudes": "1", "longitudes": "1,2"},
        "1 latitudes but 2 longitudes: they are paired in order, give as many",
    ),
    "P2 duplicate": ({"latitudes": "1,1", "longitudes": "2,2.0"}, "location 1,2 is given twice: once is enough"),
    "P4 shell": ({"latitudes": "1; rm -rf /,1", **EAST}, "latitude '1; rm -rf /' is not a number"),
    "P4 newline": ({"hourly": "rain\n--conf x"}, r"hourly variable 'rain\\n--conf x' is not known"),
    "P4 name": (
        {"locations": '[{"name": "a\\n--conf x", "latitude": 1, "longitude": 2}]'},
        r"holds U\+000A \(a control character\): use printable characters only",
    ),
    "P2 decimal commas": ({"latitudes": "52,5", "longitudes": "13,4"}, "whole numbers only, as decimal commas would give"),
    "P7 no days": ({"start_date": "", "end_date": ""}, "start_date and end_date are empty: give the first and the last day"),
    "P7 no last day": ({"end_date": ""}, "end_date is empty: give the first and the last day"),
    "P7 basic date": (
        {"start_date": "20240401", **LAST},
        "start_date '20240401' is not a day: write YYYY-MM-DD",
    ),
    "P7 start after end": (
        {"start_date": "2024-05-29", **LAST},
        "start_date 2024-05-29 is after end_date 2024-05-28: swap them",
    ),
    "P7 not a day": ({"start_date": "2024-04-01T00:00+02:00", **LAST}, "is not a day: write YYYY-MM-DD"),
    "P7 naive": (
        {**FIRST, "end_date": "2024-05-28T12:00"},
        "end_date '2024-05-28T12:00' is not a day: write YYYY-MM-DD",
    ),
    "P7 zone with DST": ({**FIRST, "end_date": "2024-05-28[Europe/Berlin]"}, "is not a day: write YYYY-MM-DD"),
    "P7 future": (
        {**FIRST, "end_date": "2026-11-22"},
        "end_date 2026-11-22 is not over yet: the last complete UTC day is 2026-11-21",
    ),
    "P7 before all": ({"start_date": "1939-12-31", **LAST}, "ask for 1940-01-01 to 2026-11-21"),
    "P8 secret": ({"hourly": "rain&apikey=5ecre7"}, "hourly holds what looks like a secret, .*is OPEN_METEO_API_KEY"),
    "source": ({"source": "https://evil.example"}, "source 'https://evil.example' is not known: choose auto, dwd-icon"),
}

AS_CONF: Mapping[str, tuple[dict[str, Any], str]] = {
    "P8 secret": ({"api_key": "5ecre7"}, "Params api_key do not exist.*OPEN_METEO_API_KEY in .env"),
    "P9 unknown": ({"lattitudes": "1"}, "Params lattitudes do not exist: this DAG takes"),
    "P10 connection": ({"kafka_config_id": "x", "conn_id": "y"}, "Params conn_id, kafka_config_id do not exist"),
    "P10 table": ({"hourly_sink_table": "users"}, "Params hourly_sink_table do not exist"),
    "P10 host": ({"base_url": "http://169.254.169.254/"}, "Params base_url do not exist"),
}


def plan(conf: Mapping[str, Any], params: Mapping[str, Any] | None = None) -> list[Chunk]:
    """The questions of a historic run on 2026-11-22."""
    run = run_of("manual", "2026-11-22T12:00:00+00:00", params=params or {}, conf=conf)
    return [Chunk.from_json(one) for chunks in plan_range(run, {*VARIABLES, "locations"}).values() for one in chunks]


@pytest.mark.parametrize("case", AS_VARIABLES)
def test_a_bad_variable_fails_the_first_task_for_good(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    variables, says = AS_VARIABLES[case]
    set_variables(monkeypatch, variables)
    with pytest.raises(AirflowFailException, match=says) as failed:
        plan({})
    assert "5ecre7" not in str(failed.value)


@pytest.mark.parametrize("case", AS_VARIABLES)
def test_the_same_as_a_param_fails_alike(case: str) -> None:
    params, says = AS_VARIABLES[case]
    if None in params.values() or "" in params.values():
        assert plan({}, dict.fromkeys(params, ""))  # an emptied field takes its Variable
        return
    with pytest.raises(AirflowFailException, match=says):
        plan(params, params)


@pytest.mark.parametrize("case", AS_CONF)
def test_a_param_that_the_dag_does_not_have_is_refused_and_its_value_not_shown(case: str) -> None:
    conf, says = AS_CONF[case]
    with pytest.raises(AirflowFailException, match=says) as failed:
        plan(conf)
    assert "5ecre7" not in str(failed.value)


def test_p2_ten_thousand_locations_are_as_good_as_two(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, {"latitudes": MANY, "longitudes": MANY})
    store = SimpleNamespace(lists=SimpleNamespace(keep=lambda locations: f"{len(locations)} locations"))
    monkeypatch.setattr(xcom, "open_store", lambda settings: nullcontext(store))
    packed = plan_range(run_of("manual", "2026-11-22T12:00:00+00:00"), set(VARIABLES))
    assert {one["list_id"] for chunks in packed.values() for one in chunks} == {"10000 locations"}
    assert len(json.dumps(packed)) < 5_000  # Airflow's database gets a reference alone


def test_p7_thirty_years_are_asked_by_whoever_serves_them(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, {"start_date": "1994-01-01", "end_date": "2023-12-31", "daily": ""})
    assert [(one.source, str(one.window)) for one in plan({})] == [
        ("open-meteo/archive", "1994-01-01..2022-11-23"),
        ("open-meteo/historical-forecast-icon", "2022-11-24..2023-12-31"),
    ]
