from collections.abc import Mapping

import pytest
from pyspark.sql import SparkSession

from barograph.loading.reconcile import BatchCounts, RecordCounts, count_records, drop_duplicates, find_mismatches, find_newer
from barograph.loading.validate import validate_records
from barograph.model.attempt import Attempt
from barograph.model.variables import get_variable
from barograph.transport.record import checksum
from tests.loading.kafka_records import ATTEMPT_ID, SOURCE, Record, attempt, manifest, on_spark, records_frame, value_of

RAIN = [get_variable("rain", "hourly")]
RECORDS = [
    Record(value_of(values={"rain": 1.0})),
    Record(value_of(values={"rain": 2.0})),
    Record(value_of(values={"rain": 900})),
    Record(value_of(values={"rain": None})),
    Record(b"\xff not JSON"),
    Record(None, key=None),
    Record(attempt_id="open-meteo/dwd-icon/hourly/7", is_ours=False),
    Record(attempt_id=None, is_ours=False),
    Record(attempt_id=None, is_ours=False),
]


DAY_OF_BERLIN = attempt()
WHOLE = RecordCounts(count=24, record_digest=17, landed=24)


def mismatch(found: Mapping[str, RecordCounts], one: Attempt = DAY_OF_BERLIN, count: int = 24, record_digest: int = 17) -> str:
    """What is wrong with what was found, by a manifest of these figures."""
    found_wrong = find_mismatches([(one, manifest(count, record_digest))], BatchCounts(found, {}))
    return str(found_wrong.get(one.attempt_id, ""))


def test_a_manifest_that_kafka_holds_passes() -> None:
    assert mismatch({ATTEMPT_ID: WHOLE}) == ""


@pytest.mark.parametrize("count", [23, 25])
def test_another_count_is_refused(count: int) -> None:
    says = mismatch({ATTEMPT_ID: RecordCounts(count=count, record_digest=17)})
    assert f"{count} records where the manifest says 24; nothing of it was written" in says


def test_another_digest_is_refused() -> None:
    says = mismatch({ATTEMPT_ID: RecordCounts(count=24, record_digest=18)})
    assert "record digest 18 where the manifest says 17; nothing of it was written" in says


def test_an_attempt_that_kafka_does_not_hold_at_all_is_refused() -> None:
    assert "0 records where the manifest says 24" in mismatch({})


def test_a_manifest_of_less_than_was_asked_is_refused() -> None:
    assert "23 records for 24 asked observations" in mismatch({ATTEMPT_ID: RecordCounts(count=23, record_digest=17)}, count=23)


def test_every_manifest_is_checked() -> None:
    manifests = [(attempt(version), manifest(24, 17)) for version in (1, 2)]
    found = {manifests[0][0].attempt_id: WHOLE, manifests[1][0].attempt_id: RecordCounts(count=24, record_digest=16)}
    assert list(find_mismatches(manifests, BatchCounts(found, {}))) == ["open-meteo/dwd-icon/hourly/2"]


def test_records_of_a_newer_schema_are_refused_whole_and_ask_for_an_upgrade() -> None:
    refused = find_newer(BatchCounts({ATTEMPT_ID: RecordCounts(count=24, newer=1), "another": WHOLE}, {}))
    assert list(refused) == [ATTEMPT_ID]
    assert "1 records have a schema newer than 1" in str(refused[ATTEMPT_ID])
    assert "Upgrade barograph, then clear the load task" in str(refused[ATTEMPT_ID])


def after_dropping(spark: SparkSession, *records: Record) -> list[int]:
    """The offsets that are left of these records, the first of which lies at 0."""
    validated = validate_records(records_frame(spark, records), "hourly", RAIN, SOURCE)
    return sorted(row["offset"] for row in drop_duplicates(validated, "hourly").collect())


ONE, TWO = Record(value_of(values={"rain": 1.0})), Record(value_of(values={"rain": 2.0}))
LATER = Record(value_of(time="2024-04-01T01:00:00Z", values={"rain": 1.0}))
BAD = Record(value_of(values={"rain": 900}))
BROKEN, CUT = Record(b"\xff not JSON"), Record(b"{ cut")
OTHERS = Record(attempt_id="open-meteo/dwd-icon/hourly/7", is_ours=False)
FOREIGN = Record(b"hello", attempt_id=None, is_ours=False)


@on_spark
@pytest.mark.parametrize(
    ("records", "left"),
    [
        pytest.param([ONE, LATER, ONE, LATER, ONE], [0, 1], id="the same bytes again and again"),
        pytest.param([ONE, TWO], [0], id="another value for the same hour"),
        pytest.param([BAD, ONE], [0], id="a bad one first"),
        pytest.param([BROKEN, CUT, BROKEN], [0, 1], id="what cannot be read"),
        pytest.param([Record(None, key=None), Record(None, key=None), Record(b"", key=None)], [0], id="nothing at all"),
        pytest.param([FOREIGN, OTHERS, FOREIGN, OTHERS], [0, 1, 2, 3], id="records of others"),
        pytest.param([Record(ONE.value, is_ours=False), ONE], [0, 1], id="the attempt's own beyond its range"),
    ],
)
def test_of_an_hour_that_came_twice_the_lowest_offset_counts(spark: SparkSession, records: list[Record], left: list[int]) -> None:
    assert after_dropping(spark, *records) == left


@pytest.fixture(scope="module")
def counts(spark: SparkSession) -> BatchCounts:
    """What is found among the records."""
    return count_records(validate_records(records_frame(spark, RECORDS), "hourly", RAIN, SOURCE), "hourly", ["rain"])


@on_spark
def test_every_record_of_an_attempt_is_landed_quarantined_or_missing(counts: BatchCounts) -> None:
    found = counts.ours[ATTEMPT_ID]
    assert (found.count, found.landed, found.quarantined, found.missing) == (6, 2, 3, 1)


@on_spark
def test_records_in_between_are_counted_by_the_attempt_they_name(counts: BatchCounts) -> None:
    assert counts.others == {"open-meteo/dwd-icon/hourly/7": 1, None: 2}


@on_spark
def test_only_ours_are_tallied(counts: BatchCounts) -> None:
    assert set(counts.ours) == {ATTEMPT_ID}


@on_spark
def test_the_digest_is_the_one_that_the_producer_took(counts: BatchCounts) -> None:
    mine = [record for record in RECORDS if record.is_ours]
    assert counts.ours[ATTEMPT_ID].record_digest == sum(checksum(one.key or b"", one.value or b"") for one in mine) % 2**64
