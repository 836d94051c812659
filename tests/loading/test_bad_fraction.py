import pytest
from pyspark.sql import SparkSession

from barograph.loading.reconcile import BatchCounts, RecordCounts, count_records, find_too_many_bad
from barograph.loading.validate import validate_records
from barograph.model.variables import get_variable
from tests.loading.kafka_records import ATTEMPT_ID, SOURCE, SPARK, Record, records_frame, value_of

pytestmark = SPARK
RAIN = [get_variable("rain", "hourly")]


def counts(quarantined: int, count: int) -> BatchCounts:
    """What was found of one attempt."""
    return BatchCounts({ATTEMPT_ID: RecordCounts(count=count, landed=count - quarantined, quarantined=quarantined)}, {})


@pytest.mark.parametrize(
    ("quarantined", "count", "max_bad_fraction"), [(1, 100, 0.01), (29, 100, 0.29), (0, 24, 0), (24, 24, 1), (5, 599, 0.01)]
)
def test_as_many_bad_records_as_the_setting_says_pass(
    spark: SparkSession, quarantined: int, count: int, max_bad_fraction: float
) -> None:
    assert find_too_many_bad(records_frame(spark, []), counts(quarantined, count), max_bad_fraction) == {}


def test_one_more_is_refused_with_the_reasons_the_most_frequent_first_and_the_remedy(spark: SparkSession) -> None:
    records = [
        *(Record(value_of(values={"rain": amount})) for amount in (900, 901)),
        Record(b"not JSON"),
        Record(value_of(values={"rain": 1})),
        Record(attempt_id=None, is_ours=False),
    ]
    validated = validate_records(records_frame(spark, records), "hourly", RAIN, SOURCE)
    refused = find_too_many_bad(validated, count_records(validated, "hourly", ["rain"]), 0.5)
    assert str(refused[ATTEMPT_ID]) == (
        f"attempt {ATTEMPT_ID}: 3 of 4 asked observations cannot land whole, MAX_BAD_FRACTION=0.5 allows 2; nothing was written. "
        "Reasons: 2 like 'out of bounds: rain 900.0 is outside -10..500 mm', 1 like 'undecodable: not JSON'. "
        "If the values are right, correct the bounds in the variables file, or raise MAX_BAD_FRACTION to quarantine them; "
        "then clear the load task. If the source was wrong, clear the produce task once it is right"
    )
