from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph.errors import RequestRefused
from barograph.model.attempt import Attempt, Manifest, Outcome, Replayed, Status, parse_attempt_id
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window

BERLIN, HAMBURG = Location("52.5244", "13.4105"), Location("53.5507", "9.993")
APRIL = Window(date(2024, 4, 1), date(2024, 5, 1))
CHUNK = Chunk("open-meteo/dwd-icon", "hourly", (BERLIN,), ("temperature_2m", "rain"), APRIL)
MANIFEST = Manifest("hourlymetrics", "topic-id", {0: (5, 9)}, 4, 17)


def attempt(chunk: Chunk = CHUNK, manifest: Manifest | None = None) -> Attempt:
    """An attempt at `chunk`."""
    return Attempt(chunk, 1763683200000000, "OPEN", "manual__1", "produce_hourly_metrics", manifest)


def test_its_id_holds_source_resolution_and_version() -> None:
    assert attempt().attempt_id == "open-meteo/dwd-icon/hourly/1763683200000000"


def test_the_parts_of_an_id_are_found_again() -> None:
    assert parse_attempt_id(attempt().attempt_id) == ("open-meteo/dwd-icon", "hourly", 1763683200000000)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "hourly/1",
        "open-meteo/dwd-icon/hourly",
        "open-meteo/dwd-icon/hourly/",
        "open-meteo/dwd-icon/hourly/x",
        "open-meteo/dwd-icon/hourly/-1",
        "open-meteo/dwd-icon/hourly/1.5",
        "open-meteo/dwd-icon/weekly/1",
        "open-meteo/dwd-icon/Hourly/1",
    ],
)
def test_refuses_what_is_no_attempt_id(text: str) -> None:
    with pytest.raises(RequestRefused, match="is not an attempt id"):
        parse_attempt_id(text)


def test_refuses_a_version_that_no_write_timestamp_can_hold() -> None:
    with pytest.raises(RequestRefused, match="is not an attempt id"):
        parse_attempt_id(f"open-meteo/dwd-icon/hourly/{2**63}")


def test_refuses_more_digits_than_python_reads() -> None:
    with pytest.raises(RequestRefused, match="is not an attempt id"):
        parse_attempt_id(f"open-meteo/dwd-icon/hourly/{'9' * 70_000}")


@given(
    st.dictionaries(st.integers(0, 9), st.tuples(st.integers(0, 2**62), st.integers(0, 2**62)), max_size=4),
    st.integers(0, 2**40),
    st.integers(0, 2**64 - 1),
)
def test_a_manifest_survives_the_ledger(ranges: dict[int, tuple[int, int]], count: int, digest: int) -> None:
    manifest = Manifest("hourlymetrics", "topic-id", ranges, count, digest)
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_the_same_cells_overlap() -> None:
    assert attempt().overlaps(attempt())


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        (replace(CHUNK, variables=("rain", "showers")), True),
        (replace(CHUNK, variables=("showers",)), False),
        (replace(CHUNK, locations=(HAMBURG, BERLIN)), True),
        (replace(CHUNK, locations=(HAMBURG,)), False),
        (replace(CHUNK, window=Window(date(2024, 4, 30), date(2024, 5, 2))), True),
        (replace(CHUNK, window=Window(date(2024, 5, 1), date(2024, 5, 2))), False),
        (replace(CHUNK, window=Window(date(2024, 3, 31), date(2024, 4, 1))), False),
        (replace(CHUNK, window=Window(date(2024, 4, 7), date(2024, 4, 8))), True),
    ],
)
def test_attempts_overlap_where_place_time_and_variable_are_common(other: Chunk, overlap: bool) -> None:
    assert attempt().overlaps(attempt(other)) is overlap
    assert attempt(other).overlaps(attempt()) is overlap


@pytest.mark.parametrize(
    ("status", "manifest", "may_have_written"),
    [
        ("OPEN", None, True),
        ("EXTRACTED", MANIFEST, True),
        ("COMMITTED", MANIFEST, True),
        ("FAILED", MANIFEST, True),
        ("FAILED", None, False),
    ],
)
def test_only_a_try_that_failed_before_its_manifest_cannot_have_written(
    status: Status, manifest: Manifest | None, may_have_written: bool
) -> None:
    assert replace(attempt(manifest=manifest), status=status).may_have_written is may_have_written


MAY_DAY = date(2024, 5, 1)


def test_replayed_records_move_from_quarantined_to_landed_or_missing_and_asked_stays() -> None:
    before = Outcome(landed=20, quarantined=4, missing=0, row_digest={MAY_DAY: 5})
    records = [Replayed(MAY_DAY, 7), Replayed(date(2024, 5, 2), -3), Replayed(MAY_DAY, None)]
    assert before.with_replayed(records) == Outcome(22, 1, 1, {MAY_DAY: 12, date(2024, 5, 2): -3})
    assert before.with_replayed([]) == before


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_a_digest_wraps_as_spark_sums_do(first: int, second: int) -> None:
    digest = Outcome(1, 1, 0, {MAY_DAY: first}).with_replayed([Replayed(MAY_DAY, second)]).row_digest[MAY_DAY]
    assert -(2**63) <= digest < 2**63
    assert (digest - first - second) % 2**64 == 0


def test_an_outcome_reads_back() -> None:
    outcome = Outcome(20, 4, 0, {MAY_DAY: -(2**63)})
    assert Outcome.from_json(outcome.to_json()) == outcome


def test_a_completed_row_takes_the_place_of_the_one_that_had_landed_without_a_value() -> None:
    before = Outcome(landed=24, quarantined=0, missing=0, row_digest={MAY_DAY: 5}, flagged=2)
    after = before.with_replayed([Replayed(MAY_DAY, 3, is_completion=True)])
    assert after == Outcome(24, 0, 0, {MAY_DAY: 8}, flagged=1)


@pytest.mark.parametrize("dag_run", ["weather_data_dag/manual__1", "manual__1"])
def test_the_run_of_an_attempt_is_known_without_its_dag(dag_run: str) -> None:
    assert replace(attempt(), dag_run=dag_run).run_id == "manual__1"
