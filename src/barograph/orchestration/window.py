"""Which days a run is about: Params first, else the data interval, else the day before it was triggered.

Never the clock: only who serves a day depends on when it is asked for.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from airflow.sdk.types import DagRunProtocol

from barograph.model.request import parse_day


def first_open_day(asked_at: datetime) -> date:
    """The UTC day that is not over yet when a task starts asking."""
    return asked_at.astimezone(UTC).date()


def day_of_run(dag_run: DagRunProtocol, params: Mapping[str, object]) -> date:
    """The UTC day that a daily run records: Param `day`, else the interval's day, else the last complete day.

    Raises:
        RequestRefused: Param `day` is no day.
    """
    if day := str(params.get("day") or "").strip():
        return parse_day("day", day)
    if dag_run.run_type != "manual" and dag_run.data_interval_start is not None:
        return dag_run.data_interval_start.astimezone(UTC).date()
    return first_open_day(dag_run.run_after) - timedelta(days=1)
