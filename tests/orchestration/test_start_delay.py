from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import TaskDeferred

from barograph.orchestration.start_delay import AwaitStartOperator, start_at, wait_until
from barograph.settings import Settings
from tests.orchestration.runs import run_of

DUE = datetime(2026, 11, 22, tzinfo=UTC)


def context(run_type: str, runs: int = 2, due: datetime = DUE) -> Context:
    """A run that is due then, of a DAG that has so many runs with it."""
    return run_of(run_type, due.isoformat(), runs=runs)


def test_scheduled_runs_start_5_to_20_minutes_past_their_hour() -> None:
    delays = {number: start_at(f"scheduled__{number}", DUE, Settings()) - DUE for number in range(50)}
    allowed = timedelta(minutes=5), timedelta(minutes=20)
    assert {number: delay for number, delay in delays.items() if not allowed[0] <= delay <= allowed[1]} == {}


def test_runs_differ_and_each_has_the_same_delay_at_every_try() -> None:
    delays = [start_at(f"scheduled__{number}", DUE, Settings()) for number in range(50)]
    assert len(set(delays)) > 40
    assert delays == [start_at(f"scheduled__{number}", DUE, Settings()) for number in range(50)]


def test_a_run_on_time_waits_and_a_late_one_does_not() -> None:
    until = wait_until(context("scheduled"), DUE + timedelta(seconds=5), Settings())
    assert until == start_at("scheduled__1", DUE, Settings())
    assert wait_until(context("scheduled"), DUE + timedelta(minutes=21), Settings()) is None


@pytest.mark.parametrize("run", [context("manual"), context("backfill"), context("scheduled", runs=1)])
def test_runs_by_hand_and_the_very_first_do_not_wait(run: Context) -> None:
    assert wait_until(run, DUE, Settings()) is None


def test_a_dag_whose_runs_never_succeeded_waits_like_any_other() -> None:
    assert wait_until(context("scheduled", runs=7), DUE, Settings()) == start_at("scheduled__1", DUE, Settings())


def test_the_settings_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    always = Settings.model_validate({"start_delay_minutes": "7"})
    assert wait_until(context("scheduled"), DUE, always) == DUE + timedelta(minutes=7)
    with pytest.raises(ValueError, match="the earlier one first"):
        Settings.model_validate({"start_delay_minutes": "8-7"})


def test_waiting_holds_no_worker() -> None:
    due = datetime.now(UTC)
    with pytest.raises(TaskDeferred) as deferred:
        AwaitStartOperator(task_id="await_start").execute(context("scheduled", due=due))
    trigger: Any = deferred.value.trigger
    assert trigger.moment > due + timedelta(minutes=4)
    assert deferred.value.method_name == "go_on"
