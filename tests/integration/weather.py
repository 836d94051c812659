"""What integration tests do again and again: follow runs, and take pictures of tables."""

from dataclasses import replace

from cassandra.cluster import Session

from barograph.loading.batch import LoadContext
from stack.side_stack import SideStack

TIMEOUT_S = 600
Rows = dict[tuple[object, ...], tuple[object, ...]]


def await_green(side: SideStack, dag_id: str, run_id: str) -> None:
    """Wait for the run's end and show the logs of what is red."""
    run = side.airflow.wait(dag_id, run_id, TIMEOUT_S)
    if run.state != "success":
        red = [task for task in side.airflow.tasks(dag_id, run_id) if task.state not in {"success", "skipped"}]
        logs = [line for task in red for line in side.airflow.task_log(dag_id, run_id, task.task_id, task.try_number)[-30:]]
        raise AssertionError(f"{dag_id} {run_id} is {run.state}:\n" + "\n".join(map(str, [*red, *logs])))


def picture(side: SideStack, session: Session) -> Rows:
    """Every cell of hourlydata and dailydata by key, without write times."""
    settings = side.settings
    rows: Rows = {}
    for table, key in ((settings.hourly_sink_table, "time"), (settings.daily_sink_table, "date")):
        for row in session.execute(f"SELECT * FROM {settings.cassandra_keyspace}.{table}"):  # checked settings
            cells = row._asdict()
            rows[table, cells.pop("location_id"), cells.pop("source"), str(cells.pop(key))] = tuple(
                sorted(cells.items(), key=str)
            )
    return rows


def attempts(side: SideStack, session: Session) -> dict[str, str]:
    """Status by attempt id."""
    query = f"SELECT attempt_id, status FROM {side.settings.cassandra_keyspace}.ingest_ledger"  # a checked setting
    return {row.attempt_id: row.status for row in session.execute(query)}


def column(services: LoadContext, source: str, name: str, location: str = "1,2") -> list[float | None]:
    """That column of a place in 2020, in the order of time."""
    query = f"SELECT {name} FROM analytics.hourlydata WHERE location_id = %s AND source = %s AND year = 2020 ORDER BY time ASC"
    return [row[0] for row in services.store.session.execute(query, (location, source))]


def allowing(max_bad_fraction: float, services: LoadContext) -> LoadContext:
    """`services` with another MAX_BAD_FRACTION."""
    return replace(services, settings=services.settings.model_copy(update={"max_bad_fraction": max_bad_fraction}))
