"""`make acceptance`: four years of real observations through the whole stack, every cell compared with the file, twice.

Source of the file: NOAA Integrated Surface Database (ISD-Lite), public domain; see ../shared/data/README.md.
"""

import re
import sys
import time
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks.isd import STATIONS, VARIABLES, differences, read_cells, read_expected
from stack.settings import REPOSITORY
from stack.side_stack import SideStack

FILE: Final = REPOSITORY.parent / "shared/data/isd/five-airports-2008-2011.csv.gz"
DAG: Final = "historic_weather_data_dag"
HOURS: Final = 175_291
MISSING: Final = 29
TIMEOUT_S: Final = 1800

console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Run it; exit code 0 when everything is as it must be."""
    if not FILE.exists():
        console.print(f"{FILE} is not there: the acceptance run needs the real observations")
        return 1
    side = SideStack("acceptance")
    side.prepare()
    try:
        return _run(side, FILE)
    finally:
        side.remove()


def _run(side: SideStack, file: Path) -> int:
    started = side.run("up", "--replay", str(file))
    if started.returncode:
        console.print(started.stdout + started.stderr, markup=False)
        return 1
    expected = read_expected(file)
    failures: list[str] = []
    for number in (1, 2):
        failures += [f"run {number}: {failure}" for failure in _one_run(side, expected)]
    with side.cassandra() as session:
        statuses = [row.status for row in session.execute(f"SELECT status FROM {side.settings.cassandra_keyspace}.ingest_ledger")]  # noqa: S608  # a checked setting
    console.print(f"ledger: {len(statuses)} attempts, {statuses.count('COMMITTED')} COMMITTED")
    for failure in failures:
        console.print(f"FAILED {failure}", style="red")
    console.print("acceptance failed" if failures else "acceptance passed")
    return 1 if failures else 0


def _one_run(side: SideStack, expected: dict[tuple[str, str], tuple[float | None, ...]]) -> list[str]:
    airflow = side.airflow
    began = time.monotonic()
    run_id = airflow.trigger(
        DAG,
        {
            "start_date": "2008-01-01",
            "end_date": "2011-12-31",
            "latitudes": ",".join(latitude for latitude, _ in STATIONS),
            "longitudes": ",".join(longitude for _, longitude in STATIONS),
            "hourly": list(VARIABLES),
            "daily": [],
        },
    )
    run = airflow.wait(DAG, run_id, TIMEOUT_S)
    seconds = time.monotonic() - began
    logs = {task: airflow.task_log(DAG, run_id, task) for task in ("produce_hourly_metrics", "spark_processor_hourly_task")}
    if run.state != "success":
        return [f"{DAG} is {run.state}: {[line for log in logs.values() for line in log[-5:]]}"]
    summary = next(line for line in reversed(logs["spark_processor_hourly_task"]) if "load source=" in line)
    console.print(f"end to end: {HOURS} rows in {seconds:.0f} s = {HOURS / seconds:.0f} rows/s")
    console.print(re.sub(r".*load source", "load source", summary))
    for line in (line for log in logs.values() for line in log if "peak memory" in line):
        console.print(line)
    with side.cassandra() as session:
        stored = read_cells(session, side.settings, expected)
    console.print(f"hourlydata: {len(stored)} hours, {sum(len(row) for row in stored.values())} cells compared with the file")
    found = differences(expected, stored)
    if f"landed={HOURS} " not in summary or f"missing={MISSING} " not in summary:
        found.append(f"the summary is not landed={HOURS} missing={MISSING}: {summary}")
    return found


if __name__ == "__main__":
    sys.exit(main())
