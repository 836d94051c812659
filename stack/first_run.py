"""The scheduler's own run of weather_data_dag for the last complete UTC day: unpaused, awaited, shown."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import quote

from rich.live import Live
from rich.table import Table

from stack.airflow_api import AirflowClient, Run, Task
from stack.console import console, say, waiting
from stack.errors import StackError
from stack.settings import StackSettings

WEATHER: Final = "weather_data_dag"
HISTORIC: Final = "historic_weather_data_dag"
AUDIT: Final = "weather_audit_dag"
FILL: Final = "fill_gaps_dag"
PARSED_S: Final = 120
CREATED_S: Final = 120
RUN_S: Final = 1800
ERROR_LINES: Final = 15


def unpause_dags(client: AirflowClient, *, with_daily: bool) -> None:
    """Wait until the DAGs are parsed, then unpause them, the daily ones only if `with_daily` says so: a replay has no first run.

    Raises:
        StackError: as `await_dags`.
    """
    await_dags(client, {WEATHER, HISTORIC, AUDIT, FILL})
    for daily in (WEATHER, AUDIT):
        client.pause(daily, is_paused=not with_daily)
    for by_hand in (HISTORIC, FILL):
        client.unpause(by_hand)


def await_dags(client: AirflowClient, dag_ids: set[str]) -> None:
    """Wait until the DAGs are parsed.

    Raises:
        StackError: a DAG file cannot be imported, or a DAG does not appear.
    """
    until = time.monotonic() + PARSED_S
    with waiting("waiting for the DAGs"):
        while missing := dag_ids - client.dag_ids():
            if time.monotonic() > until:
                reasons = [f"{name}: {error}" for name, error in client.import_errors().items()]
                raise StackError(f"{', '.join(sorted(missing))} did not appear: {'; '.join(reasons) or 'no import error'}")
            time.sleep(1)


def await_first_run(client: AirflowClient, settings: StackSettings) -> date:
    """See the run of the last complete UTC day end green, clearing it first when it had failed; that day.

    Raises:
        StackError: it ended red; says which tasks failed, why, and where their logs are.
    """
    run = _await_creation(client)
    day = _last_complete_day()
    if run.state == "success":
        say(f"{WEATHER} for {day:%Y-%m-%d}: green, nothing to run")
        return day.date()
    if run.state == "failed":
        say(f"{WEATHER} for {day:%Y-%m-%d} had failed: running it again")
        client.clear_run(WEATHER, run.run_id)
    began = time.monotonic()
    with Progress(f"{WEATHER} for {day:%Y-%m-%d}") as progress:
        ended = client.wait(WEATHER, run.run_id, RUN_S, progress.show)
    if ended.state != "success":
        raise StackError(_describe_red(client, ended, settings))
    say(f"{WEATHER} for {day:%Y-%m-%d}: green after {time.monotonic() - began:.0f} s")
    return day.date()


class Progress:
    """The tasks of a run: a live table on a terminal, otherwise a line for every change."""

    def __init__(self, title: str) -> None:
        self._title, self._seen = title, dict[str, str]()
        self._live = Live(console=console, transient=True)

    def __enter__(self) -> "Progress":
        """Begin to show."""
        if console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal clean."""
        if console.is_terminal:
            self._live.stop()

    def show(self, tasks: list[Task]) -> None:
        """Show what has changed."""
        if console.is_terminal:
            table = Table("task", "state", "try", title=self._title, title_justify="left")
            for task in tasks:
                table.add_row(task.task_id, task.state, str(task.try_number))
            self._live.update(table)
            return
        for task in tasks:
            if task.state != self._seen.get(task.task_id, "none"):
                say(f"  {datetime.now(UTC):%H:%M:%S} {task.task_id}: {task.state} (try {task.try_number})")
            self._seen[task.task_id] = task.state


def _last_complete_day() -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=1)


def _await_creation(client: AirflowClient) -> Run:
    until = time.monotonic() + CREATED_S
    with waiting(f"waiting for the scheduler's run of {WEATHER}"):
        while (run := client.find_run(WEATHER, _last_complete_day())) is None:
            if time.monotonic() > until:
                raise StackError(f"the scheduler made no run of {WEATHER} within {CREATED_S} s: logs airflow-scheduler")
            time.sleep(0.5)
    return run


def _describe_red(client: AirflowClient, run: Run, settings: StackSettings) -> str:
    tasks = client.tasks(run.dag_id, run.run_id)
    red = [task for task in tasks if task.state == "failed"]
    page = f"http://localhost:{settings.airflow_port}/dags/{run.dag_id}/runs/{quote(run.run_id)}"
    if not red:
        states = ", ".join(f"{task.task_id} {task.state}" for task in tasks)
        return f"{run.dag_id} ended {run.state}, and no task has failed ({states}): look at {page}"
    logs = settings.state_dir / f"airflow/logs/dag_id={run.dag_id}/run_id={run.run_id}"
    return "\n".join([
        f"the first run of {run.dag_id} failed",
        *(line for task in red for line in _describe_task(client, run, task)),
        f"  The whole logs: {page}",
        f"  as files: {logs}",
        "  The stack keeps running. Do what the error says, then run ./startup.sh again: it repeats the run",
    ])  # fmt: skip


def _describe_task(client: AirflowClient, run: Run, task: Task) -> list[str]:
    """A line with the task and how often it was tried, and its last error below."""
    error = client.task_error(run.dag_id, run.run_id, task.task_id, task.try_number).splitlines()
    cut = ["…"] if len(error) > ERROR_LINES else []
    tries = "1 try" if task.try_number == 1 else f"{task.try_number} tries"
    return [f"  {task.task_id} failed after {tries}:", *(f"    {line}" for line in [*error[:ERROR_LINES], *cut])]
