"""What the load makes of each record: all cases in one Spark job, one test per case."""

import json
from datetime import date, datetime

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from barograph.loading.validate import validate_records
from barograph.model.variables import get_variable
from tests.loading.kafka_records import BERLIN, DAY, SOURCE, SPARK, Record, records_frame, value_of

pytestmark = SPARK

VARIABLES = [get_variable(name, "hourly") for name in ("temperature_2m", "rain", "weather_code", "shortwave_radiation")]
DAILY = [get_variable(name, "daily") for name in ("weather_code", "sunrise")]


def values(**changes: object) -> Record:
    """A record whose values are these."""
    return Record(value_of(values={"temperature_2m": 7.5, "rain": 0.0, "weather_code": 3, **changes}))


def raw(values: str) -> Record:
    """A record whose values are this JSON text."""
    return Record(value_of(values="?").replace(b'"?"', values.encode()))


NULLS = {"temperature_2m": None, "rain": None, "weather_code": None}
GOOD = {
    "all values": values(),
    "one null": values(rain=None),
    "one value": values(temperature_2m=None, rain=None),
    "the lowest temperature": values(temperature_2m=-100),
    "the highest temperature": values(temperature_2m=60.0),
    "the highest code": values(weather_code=99),
    "a whole number": values(temperature_2m=8),
    "minus zero": values(temperature_2m=-0.0),
    "radiation below zero": values(shortwave_radiation=-0.1),
    "rain below zero": values(rain=-0.1),
    "the last hour": Record(value_of(time="2024-04-01T23:00:00Z")),
    "an unknown field": Record(value_of(novelty={"a": 1})),
    "an unknown variable": values(novelty=1),
}
BAD = {
    "no value": (Record(None), "undecodable: the record has no value"),
    "an empty value": (Record(b""), "undecodable: the record has no value"),
    "not JSON": (Record(b"not JSON"), "undecodable: not JSON"),
    "cut JSON": (Record(value_of()[:60]), "undecodable: not JSON"),
    "invalid UTF-8": (Record(b"\xff\xfe"), "undecodable: not JSON"),
    "NaN": (raw('{"temperature_2m":NaN,"rain":0}'), "undecodable: not JSON"),
    "Infinity": (raw('{"temperature_2m":Infinity,"rain":0}'), "undecodable: not JSON"),
    "foreign": (Record(attempt_id=None, headers=(), is_ours=False), "foreign: no header attempt_id that the ledger knows"),
    "no schema": (Record(headers=(("attempt_id", b"x"),)), "schema: this reader knows schema 1"),
    "no headers": (Record(headers=None), "schema: this reader knows schema 1"),
    "a newer schema": (Record(headers=(("schema", b"2"),)), "schema: newer than 1, which this reader knows"),
    "a newer schema of another shape": (
        Record(b"\x00\x01", key=None, headers=(("schema", b"2"),)),
        "schema: newer than 1, which this reader knows",
    ),
    "an older schema": (Record(headers=(("schema", b"0"),)), "schema: this reader knows schema 1"),
    "a schema in words": (Record(headers=(("schema", b"one"),)), "schema: this reader knows schema 1"),
    "a schema given twice": (Record(headers=(("schema", b"0"), ("schema", b"1"))), "schema: this reader knows schema 1"),
    "half past": (Record(value_of(time="2024-04-01T00:30:00Z")), "schema: the time is on no hourly step"),
    "a second past": (Record(value_of(time="2024-04-01T00:00:01Z")), "schema: the time is on no hourly step"),
    "another place": (
        Record(value_of(location_id="1,2"), key=b"1,2"),
        "schema: the location is none of the attempt's",
    ),
    "a location as a number": (Record(value_of(location_id=52)), "schema: key and location_id differ"),
    "deep nesting": (raw('{"rain":' + "[" * 500 + "]" * 500 + "}"), "type: a value has not the type of its variable"),
    "beyond any depth": (raw('{"rain":' + "[" * 5000 + "]" * 5000 + "}"), "undecodable: not JSON"),
    "a number of a thousand digits": (raw('{"rain":' + "9" * 1000 + "}"), "out of bounds: rain Infinity is outside -10..500 mm"),
    "no values": (Record(value_of(values=None)), "schema: no values"),
    "no key": (Record(key=None), "key missing: location_id"),
    "an empty key": (Record(key=b""), "key missing: location_id"),
    "no location": (Record(value_of(location_id=None)), "key missing: location_id"),
    "JSON null": (Record(b"null"), "type: a value has not the type of its variable"),
    "an empty object": (Record(b"{}"), "key missing: location_id"),
    "no time": (Record(value_of(time=None)), "key missing: time"),
    "another key": (Record(key=b"1,2"), "schema: key and location_id differ"),
    "no source": (Record(value_of(source=None)), f"schema: the source is not {SOURCE}"),
    "another source": (Record(value_of(source="standin/dwd-icon")), f"schema: the source is not {SOURCE}"),
    "the hour before": (Record(value_of(time="2024-03-31T23:00:00Z")), "schema: the time is not in the attempt's window"),
    "the hour after": (Record(value_of(time="2024-04-02T00:00:00Z")), "schema: the time is not in the attempt's window"),
    "no such time": (Record(value_of(time="2024-04-31T00:00:00Z")), "schema: the time is not in the attempt's window"),
    "a time in words": (Record(value_of(time="midnight")), "schema: the time is not in the attempt's window"),
    "a number as text": (values(temperature_2m="7.5"), "type: a value has not the type of its variable"),
    "NaN as text": (values(temperature_2m="NaN"), "type: a value has not the type of its variable"),
    "Infinity as text": (values(temperature_2m="Infinity"), "type: a value has not the type of its variable"),
    "an empty text": (values(temperature_2m=""), "type: a value has not the type of its variable"),
    "a boolean": (values(temperature_2m=True), "type: a value has not the type of its variable"),
    "a list": (values(temperature_2m=[7.5]), "type: a value has not the type of its variable"),
    "a broken code": (values(weather_code=3.5), "type: a value has not the type of its variable"),
    "a code as text": (values(weather_code="3"), "type: a value has not the type of its variable"),
    "a huge code": (values(weather_code=2**40), "type: a value has not the type of its variable"),
    "a long text": (values(rain="x" * 10_000), "type: a value has not the type of its variable"),
    "values as a list": (Record(value_of(values=[1, 2])), "type: a value has not the type of its variable"),
    "an array of records": (Record(b"[" + value_of() + b"]"), "type: a value has not the type of its variable"),
    "beyond a double": (raw('{"temperature_2m":1e400}'), "out of bounds: temperature_2m Infinity is outside -100..60 °C"),
}
FLAGGED = {
    "too cold": (values(temperature_2m=-100.1), "out of bounds: temperature_2m -100.1 is outside -100..60 °C"),
    "too warm": (values(temperature_2m=60.1), "out of bounds: temperature_2m 60.1 is outside -100..60 °C"),
    "the second is off": (values(rain=-10.1), "out of bounds: rain -10.1 is outside -10..500 mm"),
    "no such code": (values(weather_code=100), "out of bounds: weather_code 100 is outside 0..99 wmo code"),
    "two at once": (
        values(temperature_2m=75, rain=900),
        "out of bounds: temperature_2m 75.0 is outside -100..60 °C; rain 900.0 is outside -10..500 mm",
    ),
}
DAILY_GOOD = {
    "a code and a sunrise": {"weather_code": 3, "sunrise": "2024-04-01T04:53:00Z"},
    "no sunrise": {"weather_code": 3, "sunrise": None},
    "no code": {"weather_code": None, "sunrise": "2024-04-01T04:53:00Z"},
}
NO_TIME = "type: sunrise is not a time like 2024-04-01T04:53:00Z"
DAILY_BAD = {
    "a sunrise in words": ({"sunrise": "dawn"}, NO_TIME),
    "an empty sunrise": ({"sunrise": ""}, NO_TIME),
    "a sunrise without zone": ({"sunrise": "2024-04-01T04:53"}, NO_TIME),
}


def validate(frame: DataFrame, names: list[str]) -> dict[str, Row]:
    """The validated rows by the name of their case."""
    return {names[row["offset"]]: row for row in frame.collect()}


@pytest.fixture(scope="module")
def hourly(spark: SparkSession) -> dict[str, Row]:
    """What becomes of each hourly case."""
    cases = {**GOOD, **{name: record for name, (record, _) in {**BAD, **FLAGGED}.items()}, "missing": values(**NULLS)}
    cases["missing, absent"] = Record(value_of(values={}))
    return validate(validate_records(records_frame(spark, list(cases.values())), "hourly", VARIABLES, SOURCE), list(cases))


@pytest.fixture(scope="module")
def daily(spark: SparkSession) -> dict[str, Row]:
    """What becomes of each daily case."""
    cases = {**DAILY_GOOD, **{name: values for name, (values, _) in DAILY_BAD.items()}}
    records = [Record(value_of(time="2024-04-01", values=values)) for values in cases.values()]
    records += [Record(value_of(time=day, values={"weather_code": 3})) for day in ("2024-04-02", "2024-02-30")]
    names = [*cases, "the day after", "no such day"]
    return validate(validate_records(records_frame(spark, records), "daily", DAILY, SOURCE), names)


@pytest.mark.parametrize("case", GOOD)
def test_a_good_record_lands(hourly: dict[str, Row], case: str) -> None:
    assert (hourly[case]["reason"], hourly[case]["is_missing"]) == (None, False)


@pytest.mark.parametrize(("case", "reason"), [(name, reason) for name, (_, reason) in BAD.items()])
def test_a_bad_record_goes_to_quarantine_and_says_why(hourly: dict[str, Row], case: str, reason: str) -> None:
    assert (hourly[case]["reason"], hourly[case]["is_missing"]) == (reason, False)


@pytest.mark.parametrize(("case", "flag"), [(name, flag) for name, (_, flag) in FLAGGED.items()])
def test_a_value_out_of_bounds_is_withheld_and_the_others_land(hourly: dict[str, Row], case: str, flag: str) -> None:
    row, good = hourly[case], hourly["all values"]
    withheld = [part.split()[0] for part in flag.removeprefix("out of bounds: ").split("; ")]
    assert (row["reason"], row["flag"], row["withheld"], row["is_missing"]) == (None, flag, withheld, False)
    for name in ("temperature_2m", "rain", "weather_code"):
        assert row[name] == (None if name in withheld else good[name])


@pytest.mark.parametrize("case", GOOD)
def test_nothing_is_withheld_of_a_good_record(hourly: dict[str, Row], case: str) -> None:
    assert (hourly[case]["flag"], hourly[case]["withheld"]) == (None, None)


def test_a_record_of_which_nothing_is_left_is_quarantined_whole(hourly: dict[str, Row]) -> None:
    row = hourly["beyond a double"]
    assert (row["flag"], row["withheld"], row["temperature_2m"]) == (None, None, None)
    assert row["reason"] is not None


def test_an_hour_whose_variables_are_all_null_is_missing(hourly: dict[str, Row]) -> None:
    assert (hourly["missing"]["reason"], hourly["missing"]["is_missing"]) == (None, True)


def test_no_record_is_lost_or_doubled(hourly: dict[str, Row]) -> None:
    assert set(hourly) == {*GOOD, *BAD, *FLAGGED, "missing", "missing, absent"}


def test_a_good_row_has_typed_columns(hourly: dict[str, Row]) -> None:
    row = hourly["all values"]
    assert (row["location_id"], row["source"], row["time"], row["year"]) == (
        BERLIN.location_id,
        SOURCE,
        datetime(2024, 4, 1),  # noqa: DTZ001  # Spark hands instants on in the session's zone, UTC
        2024,
    )
    assert (row["temperature_2m"], row["rain"], row["weather_code"]) == (7.5, 0.0, 3)


@pytest.mark.parametrize(("case", "is_kept"), [("all values", False), ("missing", False), ("too warm", True), ("foreign", True)])
def test_only_bad_rows_keep_the_raw_record(hourly: dict[str, Row], case: str, is_kept: bool) -> None:
    assert [hourly[case][part] is not None for part in ("key", "value", "headers")] == [is_kept] * 3


def test_a_bad_row_keeps_every_byte(hourly: dict[str, Row]) -> None:
    assert bytes(hourly["invalid UTF-8"]["value"]) == b"\xff\xfe"


def test_a_null_is_neither_zero_nor_nan(hourly: dict[str, Row]) -> None:
    assert hourly["one null"]["rain"] is None


@pytest.mark.parametrize("case", DAILY_GOOD)
def test_a_good_day_lands(daily: dict[str, Row], case: str) -> None:
    assert (daily[case]["reason"], daily[case]["date"]) == (None, date(2024, 4, 1))


def test_a_sunrise_becomes_an_instant(daily: dict[str, Row]) -> None:
    assert daily["a code and a sunrise"]["sunrise"] == datetime(2024, 4, 1, 4, 53)  # noqa: DTZ001  # see above


@pytest.mark.parametrize(("case", "reason"), [(name, reason) for name, (_, reason) in DAILY_BAD.items()])
def test_a_bad_sunrise_goes_to_quarantine(daily: dict[str, Row], case: str, reason: str) -> None:
    assert daily[case]["reason"] == reason


@pytest.mark.parametrize("case", ["the day after", "no such day"])
def test_a_day_outside_the_window_goes_to_quarantine(daily: dict[str, Row], case: str) -> None:
    assert daily[case]["reason"] == "schema: the time is not in the attempt's window"


def test_the_first_hour_of_a_year_lies_in_that_year(spark: SparkSession) -> None:
    record = Record(value_of(time="2024-01-01T00:00:00Z"))
    window = type(DAY)(date(2023, 12, 31), date(2024, 1, 2))
    (row,) = validate_records(records_frame(spark, [record], window), "hourly", VARIABLES, SOURCE).collect()
    assert (row["year"], row["reason"]) == (2024, None)


def test_a_wrong_value_of_a_variable_that_was_not_asked_changes_nothing(spark: SparkSession) -> None:
    record = Record(json.dumps({**json.loads(value_of()), "values": {"rain": 1, "temperature_2m": "?"}}).encode())
    (row,) = validate_records(records_frame(spark, [record]), "hourly", [get_variable("rain", "hourly")], SOURCE).collect()
    assert (row["reason"], row["rain"]) == (None, 1.0)


@pytest.mark.parametrize("time", ["2024-04-01T00:00:00Z!", "2024-4-1T0:00:00Z"])
def test_a_time_that_older_sparks_would_read_goes_to_quarantine(spark: SparkSession, time: str) -> None:
    frame = records_frame(spark, [Record(value_of(time=time))])
    (row,) = validate_records(frame, "hourly", VARIABLES, SOURCE).collect()
    assert row["reason"] == "schema: the time is not in the attempt's window"


@pytest.mark.parametrize("sunrise", ["2024-4-1T4:53:00Z", "2024-04-01T04:53:00Z:00Z"])
def test_a_sunrise_that_older_sparks_would_read_goes_to_quarantine(spark: SparkSession, sunrise: str) -> None:
    frame = records_frame(spark, [Record(value_of(time="2024-04-01", values={"sunrise": sunrise}))])
    (row,) = validate_records(frame, "daily", DAILY, SOURCE).collect()
    assert row["reason"] == NO_TIME


def test_a_day_that_older_sparks_would_read_goes_to_quarantine(spark: SparkSession) -> None:
    frame = records_frame(spark, [Record(value_of(time="2024-4-1", values={"weather_code": 3}))])
    (row,) = validate_records(frame, "daily", DAILY, SOURCE).collect()
    assert row["reason"] == "schema: the time is not in the attempt's window"
