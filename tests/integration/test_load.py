"""The load on the real Kafka and Cassandra, with hand-made attempts; each test has a source of its own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from barograph.errors import ManifestMismatch, NothingLanded, VerificationFailed
from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts, load_siblings
from barograph.model.attempt import Manifest
from barograph.model.chunk import Chunk
from barograph.model.window import Window
from tests.integration.sending import DAY, hours_of, records_of, send, send_records
from tests.integration.weather import allowing, column

pytestmark = [pytest.mark.integration, pytest.mark.spark]
MILD = [10.0 + hour for hour in range(24)]


def status(services: LoadContext, attempt_id: str) -> str:
    return services.ledger.get([attempt_id])[0].status


def test_what_was_sent_stands_in_the_table(services: LoadContext) -> None:
    attempt = send(services.store, hours_of("test/lands", ["temperature_2m"]), {"temperature_2m": MILD})
    line = load_attempts([attempt.attempt_id], services)
    assert line.startswith(
        "load source=test/lands resolution=hourly attempts=1 asked=24 landed=24 quarantined=0 missing=0 flagged=0 seconds="
    )
    assert column(services, "test/lands", "temperature_2m") == MILD
    assert status(services, attempt.attempt_id) == "COMMITTED"


def days_of(source: str) -> Chunk:
    """One day of weather codes at the place of `hours_of`."""
    return replace(hours_of(source, ["weather_code"]), resolution="daily")


def test_what_waits_of_the_other_half_of_a_run_lands_too(services: LoadContext, caplog: pytest.LogCaptureFixture) -> None:
    source = "test/beside"
    hours = send(services.store, hours_of(source, ["temperature_2m"]), {"temperature_2m": MILD}, source)
    days = send(services.store, days_of(source), {"weather_code": [3]}, source)
    load_attempts([hours.attempt_id], services)
    with caplog.at_level("INFO"):
        load_siblings([hours.attempt_id], services)
    assert "resolution=daily attempts=1 asked=1 landed=1 quarantined=0 missing=0" in caplog.text
    assert status(services, days.attempt_id) == "COMMITTED"


def test_a_sibling_that_cannot_land_is_left_to_its_own_load(services: LoadContext, caplog: pytest.LogCaptureFixture) -> None:
    source = "test/not-beside"
    hours = send(services.store, hours_of(source, ["temperature_2m"]), {"temperature_2m": MILD}, source)
    days = send(services.store, days_of(source), {"weather_code": [None]}, source)
    load_attempts([hours.attempt_id], services)
    with caplog.at_level("WARNING"):
        load_siblings([hours.attempt_id], services)
    assert "1 sibling attempts are left to their own load: load source=test/not-beside" in caplog.text
    with pytest.raises(NothingLanded):
        load_attempts([days.attempt_id], services)


def test_out_of_bounds_value_goes_to_quarantine_and_the_rest_lands(services: LoadContext) -> None:
    values = [*MILD[:5], 75.0, *MILD[6:], *MILD * 4]
    chunk = replace(hours_of("test/hot", ["temperature_2m"]), window=Window(DAY, DAY + timedelta(days=5)))
    attempt = send(services.store, chunk, {"temperature_2m": values})
    assert "landed=119 quarantined=1 missing=0" in load_attempts([attempt.attempt_id], services)
    assert column(services, "test/hot", "temperature_2m") == [*MILD[:5], *MILD[6:], *MILD * 4]
    query = "SELECT * FROM analytics.quarantine WHERE source = 'test/hot' ALLOW FILTERING"
    (bad,) = list(services.store.session.execute(query))
    assert bad.reason == "out of bounds: temperature_2m 75.0 is outside -100..60 °C"
    assert b'"temperature_2m":75.0' in bad.raw
    assert (bad.location_id, bad.attempt_id, bad.version) == ("1,2", attempt.attempt_id, attempt.version)


@pytest.mark.parametrize(
    ("field", "says"), [("count", "24 records where the manifest says 25"), ("record_digest", "record digest")]
)
def test_manifest_that_is_off_is_refused_before_anything_is_written(services: LoadContext, field: str, says: str) -> None:
    source = f"test/off-{field.replace('_', '-')}"
    attempt = send(services.store, hours_of(source, ["temperature_2m"]), {"temperature_2m": MILD})
    stored = services.ledger.get([attempt.attempt_id])[0].manifest
    assert stored is not None
    wrong: Manifest = replace(stored, **{field: getattr(stored, field) + 1})
    services.ledger.mark_extracted(attempt, wrong)
    with pytest.raises(ManifestMismatch, match=says):
        load_attempts([attempt.attempt_id], services)
    assert column(services, source, "temperature_2m") == []
    assert status(services, attempt.attempt_id) == "FAILED"


def test_records_of_a_topic_that_was_made_anew_are_refused(services: LoadContext) -> None:
    attempt = send(services.store, hours_of("test/anew", ["temperature_2m"]), {"temperature_2m": MILD})
    stored = services.ledger.get([attempt.attempt_id])[0].manifest
    assert stored is not None
    services.ledger.mark_extracted(attempt, replace(stored, topic_id="AAAAAAAAAAAAAAAAAAAAAA"))
    with pytest.raises(ManifestMismatch, match="recreated"):
        load_attempts([attempt.attempt_id], services)


def test_records_that_kafka_no_longer_holds_are_refused(services: LoadContext) -> None:
    attempt = send(services.store, hours_of("test/gone", ["temperature_2m"]), {"temperature_2m": MILD})
    stored = services.ledger.get([attempt.attempt_id])[0].manifest
    assert stored is not None
    beyond = {partition: (start + 10**6, end + 10**6) for partition, (start, end) in stored.ranges.items()}
    services.ledger.mark_extracted(attempt, replace(stored, ranges=beyond))
    with pytest.raises(ManifestMismatch, match="no longer holds"):
        load_attempts([attempt.attempt_id], services)
    assert column(services, "test/gone", "temperature_2m") == []


def test_value_that_became_null_becomes_null_and_what_was_not_asked_stays(services: LoadContext) -> None:
    lenient = allowing(0.1, services)  # one bad hour of 24 is not the point here
    both, one = hours_of("test/null", ["temperature_2m", "rain"]), hours_of("test/null", ["temperature_2m"])
    first = send(services.store, both, {"temperature_2m": MILD, "rain": [0.5] * 24})
    load_attempts([first.attempt_id], services)
    second = send(services.store, one, {"temperature_2m": [None, 99.0, *MILD[2:]]})
    assert "landed=22 quarantined=1 missing=1" in load_attempts([second.attempt_id], lenient)
    assert column(services, "test/null", "temperature_2m") == [None, None, *MILD[2:]]
    assert column(services, "test/null", "rain") == [0.5] * 24


def test_older_attempt_that_lands_late_loses_in_every_cell(services: LoadContext) -> None:
    chunk = hours_of("test/late", ["temperature_2m"])
    older = send(services.store, chunk, {"temperature_2m": [1.0] * 24})
    newer = send(services.store, chunk, {"temperature_2m": [None, *MILD[1:]]})
    load_attempts([newer.attempt_id], services)
    load_attempts([older.attempt_id], services)
    assert [value for value in column(services, "test/late", "temperature_2m") if value is not None] == MILD[1:]


def test_hours_without_any_value_are_missing_and_an_attempt_of_only_those_is_red(services: LoadContext) -> None:
    attempt = send(services.store, hours_of("test/empty", ["temperature_2m"]), {"temperature_2m": [None] * 24})
    with pytest.raises(NothingLanded, match="landed=0 quarantined=0 missing=24"):
        load_attempts([attempt.attempt_id], services)
    assert column(services, "test/empty", "temperature_2m") == []


def test_foreign_record_in_the_range_is_quarantined_and_what_lies_between_ranges_is_not_read(services: LoadContext) -> None:
    session, source = services.store.session, "test/foreign"
    chunk, foreign = hours_of(source, ["rain"]), [(b"hello", b"1,2"), (b"again", b"1,2")]
    first = send_records(services.store, chunk, records_of(chunk, {"rain": [0.0] * 24}), foreign=[(b"1,2", b"hello")])
    other = send(services.store, hours_of("test/between", ["rain"]), {"rain": [0.0] * 24})
    last = send_records(services.store, chunk, records_of(chunk, {"rain": [1.0] * 24}), foreign=[(b"1,2", b"again")])
    assert "landed=48 quarantined=0" in load_attempts([first.attempt_id, last.attempt_id], services)
    query = "SELECT reason, raw, record_key FROM analytics.quarantine WHERE source = 'test/foreign' ALLOW FILTERING"
    kept = session.execute(query).all()
    assert {(row.raw, row.record_key) for row in kept} == set(foreign)
    assert {row.reason.split(":")[0] for row in kept} == {"foreign"}
    assert column(services, "test/between", "rain") == []
    assert status(services, other.attempt_id) == "EXTRACTED"


def test_committed_attempt_is_verified_without_kafka_and_a_changed_cell_is_found(services: LoadContext) -> None:
    chunk = hours_of("test/again", ["temperature_2m"])
    attempt = send(services.store, chunk, {"temperature_2m": MILD})
    load_attempts([attempt.attempt_id], services)
    assert "landed=24" in load_attempts([attempt.attempt_id], services)
    services.store.session.execute(
        "UPDATE analytics.hourlydata SET temperature_2m = 0 "
        "WHERE location_id = '1,2' AND source = 'test/again' AND year = 2020 AND time = '2020-05-01T03:00Z'"
    )
    with pytest.raises(VerificationFailed, match="1 days, the first is 2020-05-01"):
        load_attempts([attempt.attempt_id], services)


def test_attempt_without_a_manifest_is_refused(services: LoadContext) -> None:
    attempt = services.ledger.open(hours_of("test/open", ["rain"]), dag_run="test", task="test")
    with pytest.raises(ManifestMismatch, match="without manifest"):
        load_attempts([attempt.attempt_id], services)
