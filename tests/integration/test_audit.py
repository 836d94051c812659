"""The audit on the real services, with hand-made attempts; each test has a source of its own."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from barograph.loading.audit import AuditFailed, audit_attempts
from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts
from barograph.model.attempt import Attempt, month_of
from barograph.model.location import Location
from barograph.model.window import Window
from tests.integration.sending import DAY, hours_of, send

pytestmark = [pytest.mark.integration, pytest.mark.spark]
MILD = [10.0 + hour for hour in range(24)]


def land(services: LoadContext, source: str, **columns: list[float]) -> Attempt:
    attempt = send(services.store, hours_of(source, list(columns)), columns)
    load_attempts([attempt.attempt_id], services)
    return attempt


def change(services: LoadContext, source: str, what: str) -> None:
    """Change the cells of 03:00 behind barograph's back."""
    services.store.session.execute(
        f"{what} WHERE location_id = '1,2' AND source = '{source}' AND year = 2020 AND time = '2020-05-01T03:00Z'"
    )


def test_committed_values_that_are_there_pass(services: LoadContext, caplog: pytest.LogCaptureFixture) -> None:
    land(services, "test/audit-fine", temperature_2m=MILD)
    with caplog.at_level(logging.INFO):
        line = audit_attempts(services, 7, source="test/audit-fine")
    assert line.startswith("audit days=7 attempts=1 compared=1 partly=0 covered=0 with_kafka=0 not_kept=0 lost=0 gaps=0 seconds=")
    assert "test/audit-fine hourly: coverage 24 of 24 observations (100.00 %)" in caplog.text


def test_a_lost_hour_is_red_and_named(services: LoadContext) -> None:
    attempt = land(services, "test/audit-lost", temperature_2m=MILD)
    change(services, "test/audit-lost", "DELETE FROM analytics.hourlydata")
    with pytest.raises(
        AuditFailed, match=f"(?s) lost=1 .*\n- attempt {attempt.attempt_id}: .* differs from its digest on 2020-05-01$"
    ):
        audit_attempts(services, 7, source="test/audit-lost")


def test_a_day_that_a_newer_attempt_touched_is_compared_with_kafka_only(services: LoadContext) -> None:
    source = "test/audit-partly"
    older = land(services, source, temperature_2m=MILD, rain=[0.5] * 24)
    land(services, source, temperature_2m=MILD)
    change(services, source, "UPDATE analytics.hourlydata SET rain = 9")
    assert "attempts=2 compared=1 partly=1 covered=0" in audit_attempts(services, 7, source=source)
    with pytest.raises(
        AuditFailed, match=f"(?s) with_kafka=2 not_kept=0 .*\n- attempt {older.attempt_id}: .* from its records in Kafka"
    ):
        audit_attempts(services, 7, deep=True, source=source)


def test_what_newer_attempts_changed_is_not_lost(services: LoadContext) -> None:
    source = "test/audit-newer"
    land(services, source, temperature_2m=MILD, rain=[0.5] * 24)
    land(services, source, temperature_2m=[0.0] * 24)
    assert "compared=1 partly=1 covered=0 with_kafka=2" in audit_attempts(services, 7, deep=True, source=source)
    land(services, source, temperature_2m=MILD, rain=[0.1] * 24)
    assert "attempts=3 compared=1 partly=0 covered=2" in audit_attempts(services, 7, source=source)


def test_records_that_kafka_no_longer_keeps_are_counted(services: LoadContext) -> None:
    source = "test/audit-gone"
    attempt = land(services, source, temperature_2m=MILD)
    stored = services.ledger.get([attempt.attempt_id])[0]
    assert stored.manifest is not None
    anew = replace(stored.manifest, topic_id="AAAAAAAAAAAAAAAAAAAAAA").to_json()
    services.store.session.execute(
        "UPDATE analytics.ingest_ledger USING TIMESTAMP %s SET manifest = %s WHERE source = %s AND resolution = 'hourly' "
        "AND month = %s AND version = %s",
        (2 * attempt.version, anew, source, month_of(attempt.version), attempt.version),
    )
    assert "compared=1 partly=0 covered=0 with_kafka=0 not_kept=1" in audit_attempts(services, 7, deep=True, source=source)


def test_an_audit_that_looked_at_nothing_has_not_passed(services: LoadContext) -> None:
    with pytest.raises(AuditFailed, match="nothing was compared"):
        audit_attempts(services, 7, source="test/audit-nothing")


def test_the_oldest_window_that_waits_is_told(services: LoadContext, caplog: pytest.LogCaptureFixture) -> None:
    source = "test/audit-standing"
    land(services, source, temperature_2m=MILD)
    chunk = hours_of(source, ["temperature_2m"])
    later = replace(chunk, window=Window(DAY + timedelta(days=3), DAY + timedelta(days=4)), locations=(Location("1", "2"),))
    pending = send(services.store, later, {"temperature_2m": MILD})
    with caplog.at_level(logging.INFO):
        audit_attempts(services, 7, source=source)
    assert f"oldest window not committed is 2020-05-04..2020-05-04: {pending.attempt_id} is REPLACING" in caplog.text
