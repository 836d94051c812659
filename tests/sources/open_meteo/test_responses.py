import json
from typing import Any

import pytest

from barograph.errors import (
    AccessRefused,
    AnswerBroken,
    AnswerRefused,
    LocationUnserved,
    QuotaExceeded,
    RequestRefused,
    SourceBusy,
    SourceUnavailable,
)
from barograph.model.observation import Observation
from barograph.settings import Settings
from barograph.sources.http import Requester
from barograph.sources.open_meteo.client import OpenMeteo
from barograph.sources.port import Cell
from tests.sources.answers import BERLIN, HAMBURG, Canned, answer_to, ask_for, fetch

WARM = ask_for("temperature_2m")
TWO_PLACES = ask_for("temperature_2m", places=(BERLIN, HAMBURG))
DEGREES = [float(hour) for hour in range(24)]
SUN = ask_for("sunrise", resolution="daily")
CODES = ask_for("weather_code", resolution="daily")


def put(value: str) -> bytes:
    """The good answer with `value` as raw JSON text in the place of the first value."""
    return json.dumps(answer_to(WARM, temperature_2m=["?", *DEGREES[1:]])).replace('"?"', value, 1).encode()


def with_times(*times: str) -> dict[str, Any]:
    """The good answer with another time axis, its column as long."""
    body = answer_to(WARM, temperature_2m=DEGREES[: len(times)])
    body["hourly"]["time"] = list(times)
    return body


def test_each_time_becomes_an_observation_in_record_form() -> None:
    (series,) = fetch(WARM, answer_to(WARM, temperature_2m=DEGREES))
    observations = list(series.observations("open-meteo/dwd-icon"))
    assert len(observations) == 24
    assert observations[23] == Observation(
        "52.5244,13.4105", "open-meteo/dwd-icon", "2024-04-01T23:00:00Z", {"temperature_2m": 23.0}
    )


def test_a_day_stays_a_day() -> None:
    assert fetch(CODES, answer_to(CODES, weather_code=[3]))[0].times == ["2024-04-01"]


def test_sunrise_becomes_an_instant() -> None:
    assert fetch(SUN, answer_to(SUN, sunrise=["2024-04-01T04:53"]))[0].columns == {"sunrise": ["2024-04-01T04:53:00Z"]}


def test_an_unknown_sunrise_stays_null() -> None:
    assert fetch(SUN, answer_to(SUN, sunrise=[None]))[0].columns == {"sunrise": [None]}


def test_an_empty_text_is_not_taken_for_null() -> None:
    assert fetch(SUN, answer_to(SUN, sunrise=[""]))[0].columns != {"sunrise": [None]}


def test_the_cell_that_answered_is_kept() -> None:
    assert fetch(WARM, answer_to(WARM, temperature_2m=DEGREES))[0].cell == Cell(52.52, 13.419998, 38.0)


def test_nulls_stay_null() -> None:
    column = [None, *DEGREES[1:]]
    assert fetch(WARM, answer_to(WARM, temperature_2m=column))[0].columns["temperature_2m"] == column


def test_places_are_mapped_in_request_order() -> None:
    bodies = [answer_to(TWO_PLACES, temperature_2m=[place] * 24) for place in (1.0, 2.0)]
    series = fetch(TWO_PLACES, bodies)
    assert [(one.location, one.columns["temperature_2m"][0]) for one in series] == [(BERLIN, 1.0), (HAMBURG, 2.0)]


def test_what_is_not_known_is_taken_and_told(told: list[str]) -> None:
    body = {**answer_to(WARM, temperature_2m=DEGREES, rain=DEGREES), "novelty": {"x": 1}}
    (series,) = fetch(WARM, body)
    assert list(series.columns) == ["temperature_2m"]
    assert any("the answer holds what was not asked for: novelty, rain" in line for line in told)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_another_number_of_places_is_refused(count: int) -> None:
    with pytest.raises(AnswerRefused, match=f"2 locations were asked and {count} answered"):
        fetch(TWO_PLACES, [answer_to(TWO_PLACES, temperature_2m=DEGREES)] * count)


@pytest.mark.parametrize("length", [0, 23, 25])
def test_a_column_must_be_as_long_as_the_time_axis(length: int) -> None:
    with pytest.raises(AnswerRefused, match=f"52.5244,13.4105: temperature_2m has {length} values for 24 times"):
        fetch(WARM, answer_to(WARM, temperature_2m=[1.0] * length))


HOURS = list(WARM.window.times("hourly"))


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(HOURS[:5] + HOURS[6:], id="a hole"),
        pytest.param(HOURS[:-1], id="the last hour missing"),
        pytest.param([f"2024-04-02{hour[10:]}" for hour in HOURS], id="another day"),
        pytest.param([], id="empty"),
    ],
)
def test_the_time_axis_must_be_complete(times: list[str]) -> None:
    with pytest.raises(AnswerBroken, match=r"52\.5244,13.4105: the time axis is not the 24 times asked for"):
        fetch(WARM, with_times(*times))


@pytest.mark.parametrize(
    "times",
    [
        pytest.param([HOURS[1], HOURS[0], *HOURS[2:]], id="out of order"),
        pytest.param([HOURS[0], HOURS[0], *HOURS[2:]], id="an hour twice"),
        pytest.param([f"{hour}:00Z" for hour in HOURS], id="another format"),
        pytest.param([*HOURS[:-1], "2024-04-01T23:59:60"], id="a leap second"),
    ],
)
def test_a_time_axis_that_does_not_rise_hour_by_hour_is_refused(times: list[str]) -> None:
    with pytest.raises(AnswerRefused, match="the time axis does not rise hour by hour as 2024-04-01T00:00 is written"):
        fetch(WARM, with_times(*times))


def test_times_beyond_those_asked_for_are_left_out_and_counted(told: list[str]) -> None:
    body = answer_to(WARM, temperature_2m=[-1.0, *DEGREES, 24.0, 25.0])
    body["hourly"]["time"] = ["2024-03-31T23:00", *HOURS, "2024-04-02T00:00", "2024-04-02T01:00"]
    (series,) = fetch(WARM, body)
    assert (series.columns["temperature_2m"], len(series.times)) == (DEGREES, 24)
    assert any("3 times that were not asked for are left out" in line for line in told)


def test_a_column_that_is_missing_is_refused() -> None:
    with pytest.raises(AnswerRefused, match="temperature_2m is missing"):
        fetch(WARM, answer_to(WARM))


def test_a_section_that_is_missing_is_named_with_where_to_look() -> None:
    body = answer_to(WARM, temperature_2m=DEGREES)
    del body["hourly"]
    with pytest.raises(AnswerRefused, match=r"no section 'hourly'.*BASE_URL"):
        fetch(WARM, body)


def test_another_unit_is_refused() -> None:
    body = answer_to(WARM, temperature_2m=DEGREES)
    body["hourly_units"]["temperature_2m"] = "°F"
    with pytest.raises(AnswerRefused, match="temperature_2m came in '°F', the variables file says '°C'") as refused:
        fetch(WARM, body)
    assert "Check that the URL in .env is the source's own" in str(refused.value)
    assert "leave temperature_2m out of the request" in str(refused.value)


@pytest.mark.parametrize("unit", ["K", "°C"])
def test_a_spread_of_one_kelvin_is_a_spread_of_one_degree(unit: str) -> None:
    asked = ask_for("temperature_2m_spread")
    body = answer_to(asked, temperature_2m_spread=[1.0] * 24)
    body["hourly_units"]["temperature_2m_spread"] = unit
    assert fetch(asked, body)[0].columns["temperature_2m_spread"] == [1.0] * 24


@pytest.mark.parametrize(("name", "unit"), [("temperature_2m_spread", "°F"), ("temperature_2m", "K"), ("rain", "K")])
def test_kelvin_is_no_unit_of_another_variable(name: str, unit: str) -> None:
    asked = ask_for(name)
    body = answer_to(asked, **{name: [1.0] * 24})
    body["hourly_units"][name] = unit
    with pytest.raises(AnswerRefused, match=f"{name} came in '{unit}'"):
        fetch(asked, body)


def test_a_little_radiation_below_zero_is_passed_on() -> None:
    asked = ask_for("shortwave_radiation")
    body = answer_to(asked, shortwave_radiation=[-0.1] * 24)
    assert fetch(asked, body)[0].columns["shortwave_radiation"] == [-0.1] * 24


def test_no_unit_is_refused() -> None:
    body = answer_to(WARM, temperature_2m=DEGREES)
    del body["hourly_units"]["temperature_2m"]
    with pytest.raises(AnswerRefused, match="came without a unit"):
        fetch(WARM, body)


def test_an_undefined_unit_comes_with_a_column_of_nulls() -> None:
    body = answer_to(WARM, temperature_2m=[None] * 24)
    body["hourly_units"]["temperature_2m"] = "undefined"
    assert fetch(WARM, body)[0].columns["temperature_2m"] == [None] * 24


def test_an_undefined_unit_with_a_value_is_refused() -> None:
    body = answer_to(WARM, temperature_2m=[None] * 23 + [1.0])
    body["hourly_units"]["temperature_2m"] = "undefined"
    with pytest.raises(AnswerRefused, match="came in 'undefined'"):
        fetch(WARM, body)


@pytest.mark.parametrize("value", ['"12.3"', '"12,3"', '""', '"NaN"'])
def test_text_is_passed_on_for_the_quarantine_and_never_made_a_number(value: str) -> None:
    assert fetch(WARM, put(value))[0].columns["temperature_2m"] == [json.loads(value), *DEGREES[1:]]


def test_a_boolean_is_passed_on_for_the_quarantine() -> None:
    assert fetch(WARM, put("true"))[0].columns["temperature_2m"][0] is True


@pytest.mark.parametrize("value", ["NaN", "nan", "Infinity", "-Infinity", "1e400", "[1]", '{"a":1}', "[" * 300 + "]" * 300])
def test_what_is_no_finite_number_is_refused(value: str) -> None:
    with pytest.raises(AnswerRefused, match="not a complete answer"):
        fetch(WARM, put(value))


def test_a_key_that_stands_twice_is_refused() -> None:
    twice = json.dumps(answer_to(WARM, temperature_2m=DEGREES))[:-2] + ', "temperature_2m": [1.0]}}'
    with pytest.raises(AnswerRefused, match="holds 'temperature_2m' twice"):
        fetch(WARM, twice.encode())


@pytest.mark.parametrize("value", ["1" + "0" * 30, "9007199254740993"])
def test_an_integer_that_no_double_holds_is_refused(value: str) -> None:
    with pytest.raises((AnswerBroken, AnswerRefused)):
        fetch(WARM, put(value))


@pytest.mark.parametrize("value", [3.0, 3.5, "3"])
def test_a_code_that_is_no_whole_number_is_passed_on_for_the_quarantine(value: object) -> None:
    assert fetch(CODES, answer_to(CODES, weather_code=[value]))[0].columns["weather_code"] == [value]


def test_a_number_for_a_sunrise_is_passed_on_for_the_quarantine() -> None:
    assert fetch(SUN, answer_to(SUN, sunrise=[5]))[0].columns["sunrise"] == [5]


def test_a_value_out_of_bounds_is_sent_on() -> None:
    column = [140.0, *DEGREES[1:]]
    assert fetch(WARM, answer_to(WARM, temperature_2m=column))[0].columns["temperature_2m"] == column


@pytest.mark.parametrize("zone", [{"utc_offset_seconds": 7200, "timezone": "Europe/Berlin"}, {"timezone": "Europe/London"}])
def test_local_time_is_refused_with_its_zone_and_where_to_look(zone: dict[str, object]) -> None:
    with pytest.raises(AnswerRefused, match=rf"local time \({zone['timezone']}, .* GMT was asked for.*BASE_URL"):
        fetch(WARM, {**answer_to(WARM, temperature_2m=DEGREES), **zone})


def test_unix_times_are_refused_with_what_was_asked_for() -> None:
    body = answer_to(WARM, temperature_2m=DEGREES)
    body["hourly"]["time"] = [1_711_929_600 + 3600 * hour for hour in range(24)]
    with pytest.raises(AnswerRefused, match=r"seconds since 1970 \(unixtime\), iso8601 was asked for.*BASE_URL"):
        fetch(WARM, body)


def test_a_time_zone_that_is_not_said_is_refused() -> None:
    body = answer_to(WARM, temperature_2m=DEGREES)
    del body["utc_offset_seconds"]
    with pytest.raises(AnswerRefused, match="utc_offset_seconds"):
        fetch(WARM, body)


GOOD = json.dumps(answer_to(WARM, temperature_2m=DEGREES)).encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html><body>502 Bad Gateway</body></html>", id="HTML"),
        pytest.param(GOOD[:200], id="cut"),
        pytest.param(GOOD + b"Unexpected error while streaming data: timeoutReached", id="text appended"),
        pytest.param(GOOD[:200] + b"Unexpected error while streaming data: timeoutReached", id="text in the middle"),
        pytest.param(b"Unexpected error while streaming data: timeoutReached", id="text alone"),
        pytest.param(b"null", id="null"),
        pytest.param(GOOD[:-1] + b"\xff}", id="invalid UTF-8"),
    ],
)
def test_a_body_that_is_no_complete_answer_is_broken(body: bytes) -> None:
    with pytest.raises(AnswerBroken):
        fetch(WARM, body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[null]", id="array of null"),
        pytest.param(b"{}", id="empty object"),
    ],
)
def test_json_of_another_shape_and_what_only_looks_like_it_are_refused(body: bytes) -> None:
    with pytest.raises(AnswerRefused, match="not a complete answer"):
        fetch(WARM, body)


@pytest.mark.parametrize("before", ["", json.dumps(answer_to(WARM, temperature_2m=[1.0] * 24)) + ","])
def test_a_place_whose_coordinates_come_as_nan_is_one_without_data(before: str) -> None:
    nan = '{"latitude":nan,"longitude":nan,"generationtime_ms":0.0021,"utc_offset_seconds":0,"timezone":"GMT"}'
    with pytest.raises(LocationUnserved, match="one of the locations has no values"):
        fetch(WARM, f"[{before}{nan}]".encode())


def test_an_error_with_status_200_is_broken_and_says_why() -> None:
    with pytest.raises(AnswerBroken, match="answered 200 with an error: The service is overloaded"):
        fetch(WARM, {"error": True, "reason": "The service is overloaded"})


def test_the_cause_of_a_broken_answer_is_named_where_it_lies() -> None:
    with pytest.raises(AnswerRefused) as broken:
        fetch(WARM, put("NaN"))
    assert "'temperature_2m', 0" in str(broken.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 414])
def test_a_refused_request_gives_the_reason_of_the_api(status: int) -> None:
    with pytest.raises(RequestRefused, match=rf"refused the request \({status}\): Data corrupted at path"):
        fetch(WARM, {"reason": "Data corrupted at path ''.", "error": True}, status=status)


def test_a_long_reason_is_cut() -> None:
    with pytest.raises(RequestRefused) as refused:
        fetch(WARM, {"reason": "x" * 10_000, "error": True}, status=400)
    assert str(refused.value).count("x") <= 200


def test_a_refusal_in_html_shows_how_it_begins() -> None:
    with pytest.raises(RequestRefused, match=r"\(414\): <html>Request-URI Too Large"):
        fetch(WARM, b"<html>Request-URI Too Large</html>", status=414)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_source_that_cannot_now_is_waited_for(status: int) -> None:
    with pytest.raises(SourceUnavailable, match=f"answered {status}"):
        fetch(WARM, b"<html>busy</html>", status=status)


@pytest.mark.parametrize("status", [201, 204, 302])
def test_another_status_is_never_taken_for_an_answer(status: int) -> None:
    with pytest.raises((AnswerBroken, AnswerRefused), match=f"answered {status} where 200 was due"):
        fetch(WARM, GOOD if status == 201 else b"", status=status)


@pytest.mark.parametrize("status", [408, 425])
def test_what_came_too_slowly_or_too_early_is_asked_again(status: int) -> None:
    with pytest.raises(SourceUnavailable, match=f"answered {status}"):
        fetch(WARM, b"Request Timeout", status=status)


@pytest.mark.parametrize("body", [b"<html><h1>403 Forbidden</h1></html>", b'{"message": "Forbidden"}', b""])
def test_a_403_that_is_not_the_apis_points_at_the_network_and_not_at_the_key(body: bytes) -> None:
    with pytest.raises(SourceUnavailable, match="a firewall or proxy on the way refuses the request") as refused:
        fetch(WARM, body, status=403)
    assert "API key" not in str(refused.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_in_the_apis_words_points_at_the_key(status: int) -> None:
    with pytest.raises(AccessRefused, match=r"The supplied API key is invalid.*OPEN_METEO_API_KEY in \.env"):
        fetch(WARM, {"error": True, "reason": "The supplied API key is invalid."}, status=status)


def test_only_a_429_is_the_quota_and_a_503_uses_up_tries() -> None:
    for status, kind in ((429, QuotaExceeded), (503, SourceBusy)):
        session = Canned((status, b'{"error": true, "reason": "Minutely API request limit exceeded."}'))
        with pytest.raises(SourceBusy) as busy:
            list(OpenMeteo(Settings(), Requester(retry_for_s=0, session=session)).fetch(WARM))
        assert type(busy.value) is kind
