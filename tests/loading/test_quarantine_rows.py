from datetime import date

import pytest
from pyspark.sql import SparkSession

from barograph.loading import quarantine_rows as module
from barograph.loading.quarantine_rows import quarantine_rows, version_at, write_quarantine
from barograph.loading.validate import validate_records
from barograph.model.variables import get_variable
from barograph.settings import Settings
from tests.loading.kafka_records import ATTEMPT_ID, SOURCE, SPARK, VERSION, Record, attempt, manifest, records_frame

pytestmark = SPARK


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param((("schema", b"2"), ("trace", b"x")), id="two"),
        pytest.param((("schema", b"2"), ("schema", b"3")), id="one twice"),
        pytest.param((), id="none"),
        pytest.param(None, id="null"),
    ],
)
def test_a_bad_record_is_kept_whatever_its_headers(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, headers: tuple[tuple[str, bytes], ...] | None
) -> None:
    monkeypatch.setattr(module, "FORMAT", "noop")  # Spark makes every row and keeps none
    bad = validate_records(records_frame(spark, [Record(headers=headers)]), "hourly", [get_variable("rain", "hourly")], SOURCE)
    write_quarantine(bad, "hourly", Settings(), began_at_us=1)


def test_a_bad_record_keeps_its_bytes_and_of_a_doubled_header_the_first(spark: SparkSession) -> None:
    record = Record(b"\xff", key=b"\xfe", headers=(("schema", b"2"), ("schema", b"1"), ("trace", b"x")))
    bad = validate_records(records_frame(spark, [record]), "hourly", [get_variable("rain", "hourly")], SOURCE)
    (row,) = quarantine_rows(bad, "hourly").collect()
    assert (row["record_key"], row["raw"], row["headers"]) == (b"\xfe", b"\xff", {"schema": "2", "trace": "x"})


def test_the_day_of_a_version_is_its_utc_day(spark: SparkSession) -> None:
    micros = int(ATTEMPT_ID.rpartition("/")[2])
    (row,) = spark.sql(f"SELECT to_date(timestamp_micros({micros})) AS day").collect()
    assert row["day"] == date(2025, 11, 21)


def test_a_foreign_record_belongs_to_the_oldest_attempt_in_whose_offsets_it_lies(spark: SparkSession) -> None:
    earlier, later = attempt(VERSION), attempt(VERSION + 5)
    pairs = [(later, manifest(10, 1, {0: (20, 40)})), (earlier, manifest(10, 1, {0: (0, 30), 1: (5, 6)}))]
    places = [(0, 0), (0, 29), (0, 30), (0, 39), (0, 40), (1, 5), (1, 6)]
    rows = spark.createDataFrame([("hourlymetrics", *place) for place in places], "topic string, partition int, offset long")
    found = [row["version"] for row in rows.select(version_at(pairs).alias("version")).collect()]
    assert found == [VERSION, VERSION, VERSION + 5, VERSION + 5, None, VERSION, None]
