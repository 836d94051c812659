"""The checker's own reading of the simulator's answers: by hand, and the same as production's wherever that is right."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from barograph.model.attempt import Attempt, Manifest, Outcome
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources.open_meteo.client import OpenMeteo
from barograph.sources.open_meteo.response import most_parts, read_body
from barograph.sources.open_meteo.series import read_series
from barograph.transport.record import checksum, encode
from stack.standin.app import respond
from stack.standin.profiles import PROFILES
from tests.failure.checker import Verdict, expect, recompute
from tests.failure.simulated import PATHS, Expected, is_question_of, read_answer, record_digest

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = Window(date(2021, 3, 1), date(2021, 3, 2))
PLACES = (Location("30.01", "12.5"), Location("-45", "170.25", "São Tomé"))
HOURLY = Chunk("standin/archive", "hourly", PLACES, ("temperature_2m", "rain", "weather_code"), DAY)
DAILY = Chunk("standin/archive", "daily", PLACES, ("temperature_2m_max", "sunrise"), replace(DAY, end=date(2021, 3, 4)))
BY_HAND = replace(HOURLY, locations=(Location("1", "2"),), variables=("rain",))


def query_of(chunk: Chunk) -> str:
    """What production asks for `chunk`."""
    return urlencode(OpenMeteo(Settings(open_meteo_mode="standin")).query(chunk))


def answer_by_hand(**changes: object) -> str:
    """A day of rain at one place: each hour's own number, and none at 23:00."""
    hours = {"time": [f"2021-03-01T{hour:02}:00" for hour in range(24)], "rain": [*(hour / 10 for hour in range(23)), None]}
    return json.dumps({"utc_offset_seconds": 0, "hourly_units": {"time": "iso8601", "rain": "mm"}, "hourly": hours} | changes)


def test_each_value_belongs_to_the_hour_at_its_position() -> None:
    records = read_answer(BY_HAND, answer_by_hand())
    assert len(records) == 24
    assert records[0] == Expected("1,2", "2021-03-01T00:00:00Z", {"rain": 0.0})
    assert records[22] == Expected("1,2", "2021-03-01T22:00:00Z", {"rain": 2.2})
    assert records[23] == Expected("1,2", "2021-03-01T23:00:00Z", {"rain": None})


def test_a_day_and_an_instant_are_written_as_records_write_them() -> None:
    chunk = replace(DAILY, locations=(Location("1", "2"),), variables=("sunrise",), window=DAY)
    days = {"time": ["2021-03-01"], "sunrise": ["2021-03-01T06:12"]}
    body = json.dumps({"utc_offset_seconds": 0, "daily_units": {"sunrise": "iso8601"}, "daily": days})
    assert read_answer(chunk, body) == [Expected("1,2", "2021-03-01", {"sunrise": "2021-03-01T06:12:00Z"})]


@pytest.mark.parametrize(
    "changes",
    [
        {"utc_offset_seconds": 3600},
        {"hourly_units": {"rain": "inch"}},
        {"hourly": {"time": [f"2021-03-02T{hour:02}:00" for hour in range(24)], "rain": [0] * 24}},
        {"hourly": {"time": [f"2021-03-01T{hour:02}:00" for hour in range(24)], "rain": [0] * 23}},
    ],
    ids=["another zone", "another unit", "another day", "a value too few"],
)
def test_an_answer_that_the_simulator_must_not_give_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"the simulator answered|zip\(\)"):
        read_answer(BY_HAND, answer_by_hand(**changes))


def test_the_digest_adds_up_the_checksums_of_the_records() -> None:
    first, second = (Expected("1,2", f"2021-03-01T0{hour}:00:00Z", {"rain": hour / 10}) for hour in range(2))
    assert record_digest("s", [first]) == 3318147208  # as gzip has it of the same bytes
    assert record_digest("s", [first, second]) == 3318147208 + 903776021


@pytest.mark.parametrize("chunk", [HOURLY, DAILY, replace(HOURLY, source="standin/dwd-icon")], ids=lambda chunk: str(chunk))
def test_production_asks_for_the_unit_and_for_no_other(chunk: Chunk) -> None:
    path, query = PATHS[chunk.source], query_of(chunk)
    assert is_question_of(chunk, path, query)
    later = replace(chunk, window=Window(chunk.window.start, date(2021, 3, 9)))
    turned = replace(chunk, locations=chunk.locations[::-1])
    fewer = replace(chunk, variables=chunk.variables[:-1])
    assert not any(is_question_of(other, path, query) for other in (later, turned, fewer))
    assert not is_question_of(chunk, path, query.replace("celsius", "fahrenheit"))
    assert not is_question_of(chunk, "/elsewhere", query)


@pytest.mark.parametrize("chunk", [HOURLY, DAILY], ids=lambda chunk: str(chunk))
def test_production_reads_every_value_at_its_hour_and_place_and_sends_these_bytes(chunk: Chunk) -> None:
    path, query = PATHS[chunk.source], query_of(chunk)
    answers = read_body(bytes(respond(query, PROFILES[path], NOW, None).body), path, most_parts(chunk))
    assert isinstance(answers, list)
    series = [read_series(chunk, location, answer) for location, answer in zip(chunk.locations, answers, strict=True)]
    sent = [observation for one in series for observation in one.observations(chunk.source)]
    records, digest = recompute(chunk, path, query, NOW, ())
    assert [Expected(one.location_id, one.time, one.values) for one in sent] == records
    assert sum(checksum(*encode(one)) for one in sent) == digest


@pytest.mark.parametrize(("hours_off", "findings"), [(0, 0), (1, 1)])
def test_an_attempt_whose_values_stand_at_other_hours_has_sent_what_was_never_answered(hours_off: int, findings: int) -> None:
    path, query = PATHS[HOURLY.source], query_of(HOURLY)
    records, _ = recompute(HOURLY, path, query, NOW, ())
    values = [record.values for record in records]
    shifted = [*values[hours_off:], *values[:hours_off]]
    sent = [replace(record, values=given) for record, given in zip(records, shifted, strict=True)]
    manifest = Manifest("hourlymetrics", "id", {0: (0, len(sent))}, len(sent), record_digest(HOURLY.source, sent))
    attempt = Attempt(HOURLY, 7, "COMMITTED", "run", "task", manifest=manifest, outcome=Outcome(len(sent), 0, 0))
    answer = {"path": path, "query": query, "fault": None, "revision": 0, "at": NOW.isoformat()}
    verdict = Verdict()
    expected = expect(attempt, {"answers": [answer], "revisions": []}, verdict)
    assert len(verdict.findings) == findings
    assert len(expected) == (0 if findings else len(sent) * len(HOURLY.variables))
