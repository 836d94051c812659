from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from barograph.cli.explain import Question, explanation, parse_question
from barograph.errors import RequestRefused
from barograph.model.attempt import Attempt, Status
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.store.cells import StoredCell

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
        (("52.5244", "2024-04-01", "weather_code"), "longitudes"),
        (("1,2", "yesterday", "weather_code"), "neither an hour like"),
        (("1,2", "2024-04-01", "wether_code"), "did you mean weather_code"),
        (("1,2", "2024-04-01T05:00", "x; DROP"), "is not known"),
    ],
)
def test_what_is_no_question_is_refused(asked: tuple[str, str, str], says: str) -> None:
    with pytest.raises(RequestRefused, match=says):
        parse_question(*asked)


def test_the_cell_is_looked_up_by_its_location_day_and_variable() -> None:
    day = Window(date(2024, 4, 1), date(2024, 4, 2))
    assert QUESTION.chunk_at("open-meteo/archive") == replace(CHUNK, variables=("temperature_2m",), window=day)


def test_a_failed_attempt_is_told_with_its_stored_reason() -> None:
    failed = replace(attempt(3, "FAILED"), message="the source was away")
    assert told(StoredCell(7.5, 2), failed, attempt(2))["asked since"].endswith("Z): the source was away")
