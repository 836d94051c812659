"""How long a produce task waits for the quota: as long as something is sent now and then, and no longer than 26 hours without."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from airflow.sdk import XComArg
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from barograph.errors import QuotaExceeded
from barograph.orchestration import produce
from barograph.orchestration.produce import IDLE_PAUSE, LONGEST_IDLE, ProduceObservationsOperator

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def wait(
    monkeypatch: pytest.MonkeyPatch, wait_for: timedelta, idle_for: timedelta | None = None, *, has_sent: bool = False
) -> TaskDeferred:
    """The deferral of a task that has waited for `idle_for` already (None = it has not) and should now wait for `wait_for`."""
    monkeypatch.setattr(produce, "now_utc", lambda: NOW)
    operator = ProduceObservationsOperator(
        task_id="produce_hourly_metrics", topic="t", resolution="hourly", planned=cast("XComArg", {})
    )
    operator._has_sent = has_sent
    idle_since = None if idle_for is None else (NOW - idle_for).isoformat()
    with pytest.raises(TaskDeferred) as deferred:
        operator._wait_for_quota(QuotaExceeded("full", NOW + wait_for), idle_since)
    return deferred.value


def moment(deferred: TaskDeferred) -> datetime:
    """When the task resumes."""
    trigger: Any = deferred.trigger
    return cast("datetime", trigger.moment)


def test_a_task_waits_until_the_quota_is_whole_again(monkeypatch: pytest.MonkeyPatch) -> None:
    deferred = wait(monkeypatch, timedelta(hours=14))
    assert (moment(deferred), deferred.kwargs) == (NOW + timedelta(hours=14), {"idle_since": NOW.isoformat()})


def test_waits_without_a_chunk_sent_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    deferred = wait(monkeypatch, timedelta(hours=1), idle_for=timedelta(hours=20))
    assert deferred.kwargs == {"idle_since": (NOW - timedelta(hours=20)).isoformat()}


def test_a_source_that_serves_nothing_for_26_hours_ends_the_task_red(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AirflowFailException, match=r"no chunk was served since 2026-11-21 09:00 UTC.*clear this task"):
        wait(monkeypatch, LONGEST_IDLE - timedelta(hours=24), idle_for=timedelta(hours=25))


def test_a_plan_of_many_days_goes_on_as_long_as_each_wait_brings_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    deferred = wait(monkeypatch, timedelta(hours=14), idle_for=timedelta(hours=25), has_sent=True)
    assert deferred.kwargs == {"idle_since": NOW.isoformat()}


def test_a_wait_that_brought_nothing_is_followed_by_a_longer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    deferred = wait(monkeypatch, timedelta(minutes=3), idle_for=timedelta(minutes=3))
    assert moment(deferred) == NOW + IDLE_PAUSE
