"""Which days a run is about: Params, else the data interval or a chosen logical date, else the day before its trigger.

Never the clock: only who serves a day depends on when it is asked for.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from airflow.sdk.types import DagRunProtocol

from barograph.model.request import parse_day


def first_open_day(asked_at: datetime) -> date:
    """The UTC day that is not over yet when a task starts asking."""
    return asked_at.astimezone(UTC).date()


def day_of_run(dag_run: DagRunProtocol, params: Mapping[str, object]) -> tuple[date, str]:
    """The UTC day that a daily run records, and why that one.

    A run by hand has a logical date even if none was chosen: the moment of its trigger. One of another day was chosen, and means
    what it means in scheduled runs: the day that begins then.

    Raises:
        RequestRefused: Param `day` is no day.
    """
    if day := str(params.get("day") or "").strip():
        return parse_day("day", day), "Param day"
    if dag_run.run_type != "manual" and dag_run.data_interval_start is not None:
        return dag_run.data_interval_start.astimezone(UTC).date(), "the run's data interval"
    triggered = first_open_day(dag_run.run_after)
    if dag_run.run_type == "manual" and dag_run.logical_date is not None:
        chosen = first_open_day(dag_run.logical_date)
        if chosen != triggered:
            return chosen, "the logical date that was chosen"
    return triggered - timedelta(days=1), "the last complete one when the run was triggered"
