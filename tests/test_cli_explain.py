import sys
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from typer.testing import CliRunner

from barograph.cli import app
from barograph.cli.arguments import parse_location_id
from barograph.cli.explain import Question, explanation, parse_question
from barograph.errors import RequestRefused
from barograph.model.attempt import Attempt, Status
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.store.cells import StoredCell

explain_module = sys.modules["barograph.cli.explain"]  # its name is also that of the command
APRIL = Window(date(2024, 4, 1), date(2024, 5, 1))
CHUNK = Chunk("open-meteo/archive", "hourly", (Location("52.5244", "13.4105"),), ("rain", "temperature_2m"), APRIL)
QUESTION = Question("52.5244,13.4105", datetime(2024, 4, 1, 5, tzinfo=UTC), "hourly", "temperature_2m")


def attempt(version: int, status: Status = "COMMITTED", chunk: Chunk = CHUNK) -> Attempt:
    """An attempt that was opened at noon of May 1."""
    return Attempt(chunk, version, status, "manual__1", "produce", opened_at=datetime(2024, 5, 1, 12, tzinfo=UTC))


def told(cell: StoredCell, *attempts: Attempt) -> dict[str, str]:
    """The explanation before this ledger, newest first."""
    return dict(explanation("open-meteo/archive", QUESTION, attempts, cell))


def test_a_value_is_told_with_its_unit_its_attempt_and_what_came_before_and_since() -> None:
    rain_only = attempt(1, chunk=replace(CHUNK, variables=("temperature_2m",)))
    assert told(StoredCell(7.5, 2), attempt(3, "FAILED"), attempt(2), rain_only) == {
        "value": "7.5 °C",
        "source": "open-meteo/archive",
        "attempt": "open-meteo/archive/hourly/2 (COMMITTED)",
        "asked": "2024-05-01T12:00:00Z by manual__1, produce",
        "asked since": "open-meteo/archive/hourly/3 (FAILED, 2024-05-01T12:00:00Z)",
        "asked before": "open-meteo/archive/hourly/1 (SUPERSEDED, 2024-05-01T12:00:00Z)",
    }


def test_a_value_that_no_attempt_wrote_is_named() -> None:
    assert told(StoredCell(7.5, 99), attempt(2))["attempt"].startswith("version 99: no attempt that asked for it")


def test_where_there_is_no_value_it_lists_who_asked() -> None:
    without = told(StoredCell(None, None), attempt(2))
    assert without["value"].startswith("none: ")
    assert without["asked since"].startswith("open-meteo/archive/hourly/2 (COMMITTED")


@pytest.mark.parametrize(
    ("time", "resolution", "record_time"),
    [
        ("2024-04-01T05:00", "hourly", "2024-04-01T05:00:00Z"),
        ("2024-04-01 05:00", "hourly", "2024-04-01T05:00:00Z"),
        ("2024-04-01T05:00:00Z", "hourly", "2024-04-01T05:00:00Z"),
        ("2024-04-01T07:00+02:00", "hourly", "2024-04-01T05:00:00Z"),
        ("2024-04-01", "daily", "2024-04-01"),
    ],
)
def test_an_hour_and_a_day_are_told_apart_and_are_utc(time: str, resolution: str, record_time: str) -> None:
    question = parse_question("52.52440,13.4105", time, "weather_code")
    assert (question.location_id, question.resolution, question.record_time) == ("52.5244,13.4105", resolution, record_time)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("52.5244", "2024-04-01", "weather_code"), "location '52.5244' is no pair of coordinates: write latitude,longitude"),
        (("52,5,13,4", "2024-04-01", "weather_code"), "location '52,5,13,4' is no pair of coordinates"),
        (("1,2", "2024-04-01T05:30", "rain"), "lies between two hours: ask for 2024-04-01T05:00 or 2024-04-01T06:00"),
        (("1,2", "2024-04-01T05:00+05:30", "rain"), "lies between two hours: ask for 2024-03-31T23:00 or 2024-04-01T00:00"),
        (("1,2", "0001-01-01T00:00+14:00", "rain"), "is outside of the calendar in UTC"),
        (("1,2", "9999-12-31T23:30", "rain"), "is outside of the calendar in UTC"),
        (("1,2", "0000-01-01", "weather_code"), "neither an hour like"),
        (("1,2", "20240401", "weather_code"), "neither an hour like"),
        (("1,2", "2024-W14-1", "weather_code"), "neither an hour like"),
        (("1,2", "2024-04-01T05", "rain"), "neither an hour like"),
        (
            ("1,2", "2024-04-01T05:00", "sunrise"),
            "sunrise has no hourly values: for its daily value give the day alone, 2024-04-01",
        ),
        (("1,2", "2024-04-01", "rain"), "rain has no daily values: for its hourly value give an hour, such as 2024-04-01T00:00"),
        (("1,2", "yesterday", "weather_code"), "neither an hour like"),
        (("1,2", "2024-04-01", "wether_code"), "did you mean weather_code"),
        (("1,2", "2024-04-01T05:00", "x; DROP"), "is not known"),
    ],
)
def test_what_cannot_be_explained_is_refused_with_what_to_ask(asked: tuple[str, str, str], says: str) -> None:
    with pytest.raises(RequestRefused, match=says):
        parse_question(*asked)


def test_the_cell_is_looked_up_by_its_location_day_and_variable() -> None:
    day = Window(date(2024, 4, 1), date(2024, 4, 2))
    assert QUESTION.chunk_at("open-meteo/archive") == replace(CHUNK, variables=("temperature_2m",), window=day)


def test_a_failed_attempt_is_told_with_its_stored_reason() -> None:
    failed = replace(attempt(3, "FAILED"), message="the source was away")
    assert told(StoredCell(7.5, 2), failed, attempt(2))["asked since"].endswith("Z): the source was away")


@pytest.mark.parametrize("location", ["-33.8688,151.2093", "-33 south", "-", "Brocken"])
@pytest.mark.parametrize("options", [(), ("--source", "open-meteo/archive")])
def test_southern_coordinates_and_names_that_begin_with_a_sign_are_arguments(
    location: str, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, str]] = []

    def refuse(*texts: str) -> Question:
        asked.append(texts)  # type: ignore[arg-type]  # three texts
        raise RequestRefused("enough")

    monkeypatch.setattr(explain_module, "parse_question", refuse)
    result = CliRunner().invoke(app, ["explain", *options, location, "2026-11-20T05:00", "temperature_2m"])
    assert (result.exit_code, asked) == (1, [(location, "2026-11-20T05:00", "temperature_2m")])


def test_a_misspelt_option_is_named_and_not_taken_for_an_argument() -> None:
    result = CliRunner().invoke(app, ["explain", "1,2", "2026-11-20T05:00", "--sorce", "x"])
    assert (result.exit_code, "no such option: --sorce" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "location_id"),
    [
        ("52.52440, 13.4105", "52.5244,13.4105"),
        ("Springfield, Illinois", "Springfield, Illinois"),
        ("75114001", "75114001"),
    ],
)
def test_coordinates_names_and_ids_of_stations_are_locations(text: str, location_id: str) -> None:
    assert parse_location_id(text) == location_id
