import json

import pytest

from barograph.errors import RequestRefused
from barograph.orchestration.params import read_request, read_secret, refuse_unknown_params
from barograph.sources.open_meteo.key import CREDENTIAL
from tests.orchestration.runs import VARIABLES, set_variables


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Variables that set-up seeds."""
    set_variables(monkeypatch, VARIABLES)


def test_variables_fill_in_what_no_param_gives() -> None:
    request = read_request(dict.fromkeys(VARIABLES))
    assert (request.latitudes, request.hourly, request.daily, request.start_date, request.end_date) == (
        "52.5244,53.5507",
        ("temperature_2m", "rain"),
        ("weather_code",),
        "2024-04-01",
        "2024-05-28",
    )


def test_a_param_wins_over_its_variable() -> None:
    days = {"start_date": "2008-01-01", "end_date": "2008-01-02"}
    request = read_request({"latitudes": "1", "longitudes": "2", "hourly": ["showers", "rain"], **days})
    assert (request.latitudes, request.hourly, request.start_date) == ("1", ("showers", "rain"), "2008-01-01")


@pytest.mark.parametrize(
    ("given", "other"),
    [("latitudes", "longitudes"), ("longitudes", "latitudes"), ("start_date", "end_date"), ("end_date", "start_date")],
)
@pytest.mark.parametrize("empty", [None, "", " "])
def test_half_a_pair_never_takes_the_other_half_from_the_variables(given: str, other: str, empty: str | None) -> None:
    with pytest.raises(RequestRefused, match=f"Param {given} is given without {other}: give both, or leave both empty"):
        read_request({given: VARIABLES[given], other: empty})


@pytest.mark.parametrize("name", ["latitudes", "longitudes", "hourly", "daily", "tags"])
def test_a_variable_written_as_json_is_refused_with_how_to_write_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    set_variables(monkeypatch, {name: '["1.5", "2.5"]'})
    with pytest.raises(RequestRefused, match=f"Variable {name} .* is JSON, .* without brackets and quotes, as 1.5,2.5"):
        read_request({})


@pytest.mark.parametrize("name", [*VARIABLES, "locations", "tags"])
def test_blanks_around_a_variable_make_no_difference(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    expected = read_request({})
    set_variables(monkeypatch, {name: f" {VARIABLES.get(name, '')} "})
    assert read_request({}) == expected


def test_blanks_around_a_param_make_no_difference() -> None:
    params = {"source": "auto ", "start_date": "2008-01-01 ", "end_date": " 2008-01-02"}
    request = read_request(params)
    assert (request.source, request.start_date, request.end_date) == ("auto", "2008-01-01", "2008-01-02")


@pytest.mark.parametrize("name", ["hourly", "daily"])
@pytest.mark.parametrize("given", [[], ["none"]])
def test_an_empty_list_and_the_word_none_leave_that_half_out(name: str, given: list[str]) -> None:
    request = read_request({name: given})
    assert (request.hourly if name == "hourly" else request.daily) == ()


@pytest.mark.parametrize("name", ["hourly", "daily"])
@pytest.mark.parametrize("text", ["", " ", "none"])
def test_an_empty_variable_and_the_word_none_leave_that_half_out(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    set_variables(monkeypatch, {name: text})
    assert (getattr(read_request({}), name)) == ()


@pytest.mark.parametrize("name", ["latitudes", "longitudes", "start_date", "end_date"])
def test_an_emptied_text_field_takes_its_variable(name: str) -> None:
    assert getattr(read_request({name: ""}), name) == VARIABLES[name]


def test_all_missing_variables_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, dict.fromkeys(VARIABLES))
    with pytest.raises(RequestRefused) as refused:
        read_request({})
    assert [name for name in VARIABLES if f"Airflow Variable {name!r} does not exist" in str(refused.value)] == [
        one for one in VARIABLES if one != "revision_days"
    ]


def test_a_missing_variable_does_not_matter_where_a_param_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, {"latitudes": None})
    assert read_request({"latitudes": "1,2", "longitudes": "3,4"}).latitudes == "1,2"


def test_a_daily_run_needs_no_dates(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, {"start_date": None, "end_date": None})
    request = read_request({}, days=("2026-11-21", "2026-11-21"))
    assert (request.start_date, request.end_date) == ("2026-11-21", "2026-11-21")


def test_misspelt_params_are_refused_by_name() -> None:
    with pytest.raises(RequestRefused, match="Params lattitudes, start do not exist: this DAG takes day, latitudes"):
        refuse_unknown_params(["start", "latitudes", "lattitudes"], ["latitudes", "day"])


def test_known_params_pass() -> None:
    refuse_unknown_params(["day"], ["latitudes", "day"])


@pytest.mark.parametrize(("password", "key"), [("secret", "secret"), ("", None), (None, None)])
def test_the_api_key_is_the_password_of_the_connection(
    monkeypatch: pytest.MonkeyPatch, password: str | None, key: str | None
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OPEN_METEO_DEFAULT", json.dumps({"conn_type": "http", "password": password}))
    assert read_secret(CREDENTIAL) == key


@pytest.mark.parametrize("source", ["archive", "auto"])
def test_the_source_is_a_param_or_a_variable(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    set_variables(monkeypatch, {"source": source})
    assert read_request({}).source == source
    assert read_request({"source": "dwd-icon"}).source == "dwd-icon"
