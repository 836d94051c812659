"""DAG runs as a task sees them, and Airflow Variables as the environment gives them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

if TYPE_CHECKING:  # conftest.py is imported before Airflow may be
    from airflow.sdk import Context

VARIABLES: Final = {
    "source": "auto",
    "latitudes": "52.5244,53.5507",
    "longitudes": "13.4105,9.993",
    "hourly": "temperature_2m, rain",
    "daily": "weather_code",
    "start_date": "2024-04-01",
    "end_date": "2024-05-28",
    "revision_days": "0",
}


def set_variables(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str | None]) -> None:
    """Set Airflow Variables; None = it does not exist."""
    for name, text in variables.items():
        if text is None:
            monkeypatch.delenv(f"AIRFLOW_VAR_{name.upper()}", raising=False)
        else:
            monkeypatch.setenv(f"AIRFLOW_VAR_{name.upper()}", text)


def try_of(
    run_id: str, number: int = 1, first: int = 1, params: Mapping[str, object] | None = None, run_type: str = "scheduled"
) -> "Context":
    """The context of a task's `number`-th try, where the `first` was the first one since it was last cleared; no retries."""
    ti = SimpleNamespace(dag_id="some_dag", try_number=number, max_tries=first - 1)
    now = datetime.now(UTC)
    dag_run = SimpleNamespace(run_type=run_type, start_date=now, run_after=now)
    return cast("Context", {"run_id": run_id, "ti": ti, "dag_run": dag_run, "params": dict(params or {})})


def run_of(
    run_type: str,
    run_after: str,
    interval_start: str | None = None,
    params: Mapping[str, object] | None = None,
    conf: Mapping[str, object] | None = None,
    started_at: str | None = None,
    logical_date: str | None = None,
    runs: int = 2,
) -> "Context":
    """The context of a task in such a run, started when the run was due unless said otherwise, of a DAG with so many runs."""
    dag_run = SimpleNamespace(
        run_type=run_type,
        run_after=datetime.fromisoformat(run_after),
        data_interval_start=datetime.fromisoformat(interval_start) if interval_start else None,
        logical_date=datetime.fromisoformat(logical_date) if logical_date else None,
        conf=conf,
    )
    start_date = datetime.fromisoformat(started_at or run_after)
    ti = SimpleNamespace(dag_id="some_dag", start_date=start_date, get_dr_count=lambda dag_id: runs)
    context: dict[str, Any] = {"dag_run": dag_run, "ti": ti, "params": dict(params or {}), "run_id": f"{run_type}__1"}
    return cast("Context", context)
