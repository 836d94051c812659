"""`make scaling`: thousands of locations through everything, once, and what that costs, beside the capacity model."""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import psutil
from rich.console import Console

from barograph.model.attempt import Attempt
from benchmarks.capacity import Workload, predict, read_unit_costs
from benchmarks.machine import describe_machine, load_average
from benchmarks.processes import ProgramFailed, Roles, Usage, family, watching
from benchmarks.rows import VARIABLES
from benchmarks.world import World, open_world, size_bytes
from stack.airflow_api import ENDED, AirflowClient

DAG: Final = "historic_weather_data_dag"
TASKS: Final = ("plan_request", "produce_hourly_metrics", "load_early_hourly", "spark_processor_hourly_task")
FIRST_DAY: Final = date(2024, 4, 1)
WARM_UP: Final = (50, 2)
"""Locations and days of the first run, of which no figure counts: Airflow and Cassandra do all for the first time in it."""

LOOK_EVERY_S: Final = 2
LINE_EVERY_S: Final = 20
COMPACTION_S: Final = 120
TABLES: Final = ("ingest_ledger", "attempts_by_window", "location_lists", "locations", "generation_attempts")

console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes on disk: of the topic, and of each table after a flush."""

    topic: int
    tables: Mapping[str, int]


def write_locations(file: Path, count: int, tag: str) -> None:
    """A CSV of `count` named locations on a grid over Europe and Africa, to import."""
    rows = [f"{tag} {n},{60 - n // 400 / 8:g},{n % 400 / 8:g},{tag}" for n in range(count)]
    file.write_text("\n".join(["name,latitude,longitude,tags", *rows]) + "\n", encoding="utf-8")


def import_locations(world: World, count: int, tag: str) -> float:
    """Import `count` locations; the seconds that it took.

    Raises:
        ProgramFailed: the import was refused; holds what it said.
    """
    file = world.side.folder / f"{tag}.csv"
    write_locations(file, count, tag)
    began = time.monotonic()
    done = world.side.run("barograph", "locations", "import", str(file))
    if done.returncode:
        raise ProgramFailed(done.stdout + done.stderr)
    return time.monotonic() - began


def follow(world: World, airflow: AirflowClient, run_id: str, expected: int, until: float) -> str:
    """The state in which the run ends, with a line of progress meanwhile; "out of time" if it has not ended by `until`."""
    began = told = time.monotonic()
    while (state := airflow.run(DAG, run_id).state) not in ENDED:
        now = time.monotonic()
        if now > until:
            return "out of time"
        if now - told >= LINE_EVERY_S:
            told = now
            attempts = attempts_of(world, run_id)
            sent = sum(one.asked for one in attempts if one.status in {"EXTRACTED", "COMMITTED"})
            landed = sum(one.asked for one in attempts if one.status == "COMMITTED")
            rate = landed / (now - began)
            console.print(f"{now - began:5.0f} s: {sent:,} of {expected:,} rows sent, {landed:,} landed, {rate:,.0f} rows/s")
        time.sleep(LOOK_EVERY_S)
    return state


def attempts_of(world: World, run_id: str) -> list[Attempt]:
    """The attempts of a run, the oldest first."""
    ledger = world.ledger
    newest = [attempt for key in ledger.sources() for attempt in ledger.newest(*key, 100_000)]
    return sorted((one for one in newest if one.dag_run == f"{DAG}/{run_id}"), key=lambda one: one.version)


def measure_sizes(world: World) -> Sizes:
    """What lies on disk once compactions have ended: meanwhile what they read and what they write are both there."""
    settings = world.settings
    world.side.nodetool("flush", settings.cassandra_keyspace)
    until = time.monotonic() + COMPACTION_S
    while "pending tasks: 0" not in world.side.nodetool("compactionstats") and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
    topic = (world.side.folder / "kafka/data").glob(f"{settings.hourly_data_topic}-*")
    data = world.side.folder / "cassandra/data" / settings.cassandra_keyspace
    tables = (settings.hourly_sink_table, *TABLES)
    return Sizes(sum(map(size_bytes, topic)), {name: sum(map(size_bytes, data.glob(f"{name}-*"))) for name in tables})


def largest_partition(world: World, table: str) -> str:
    """The largest partition of `table` in bytes before compression, as Cassandra tells it."""
    told = world.side.nodetool("tablestats", f"{world.settings.cassandra_keyspace}.{table}")
    found = re.search(r"Compacted partition maximum bytes: (\d+)", told)
    return found[1] if found else "unknown"


def run(world: World, load: Workload, tag: str, timeout_s: float) -> None:
    """Import the locations, record the days, and print what was observed beside what the model says."""
    seconds = import_locations(world, load.locations, tag)
    console.print(f"--- {load.locations:,} locations, {load.days} days, {load.variables} variables; imported in {seconds:.0f} s")
    before = measure_sizes(world)
    conf = {
        "start_date": FIRST_DAY.isoformat(),
        "end_date": (FIRST_DAY + timedelta(days=load.days - 1)).isoformat(),
        "tags": [tag],
        "hourly": list(VARIABLES[: load.variables]),
        "daily": [],
        "source": "archive",
    }
    services = world.services()
    with world.side.airflow as airflow, watching(lambda: services | find_tasks(services)) as usage:
        began = time.monotonic()
        run_id = airflow.trigger(DAG, conf)
        state = follow(world, airflow, run_id, load.rows, began + timeout_s)
        seconds = time.monotonic() - began
        logs = read_logs(airflow, run_id)
    attempts = attempts_of(world, run_id)
    for line in logs:
        if re.search("peak memory|load source=|generation .* asks|loading them now", line):
            console.print(f"  {line}", markup=False)
    console.print(f"the run is {state} after {seconds:.1f} s")
    report(world, load, attempts, seconds, usage, before, measure_sizes(world))
    if state != "success":
        raise ProgramFailed(f"{DAG} {run_id} is {state}:\n" + "\n".join(logs[-15:]))


def find_tasks(services: Roles) -> dict[str, Sequence[psutil.Process]]:
    """The processes of tasks: what the scheduler has started, by what they run."""
    (scheduler,) = services["airflow-scheduler"]
    found = {role: [one for one in ones if one.pid != scheduler.pid] for role, ones in family(scheduler.pid).items()}
    return {f"tasks {role}": ones for role, ones in found.items()}


def read_logs(airflow: AirflowClient, run_id: str) -> list[str]:
    """The lines of the tasks' last tries."""
    tasks = [
        task for task in airflow.tasks(DAG, run_id) if task.task_id in TASKS and task.state in {"success", "failed", "running"}
    ]
    return [line for task in tasks for line in airflow.task_log(DAG, run_id, task.task_id, task.try_number)]


def report(
    world: World, load: Workload, attempts: Sequence[Attempt], seconds: float, usage: Usage, before: Sizes, after: Sizes
) -> None:
    """Print the figures, predicted beside observed."""
    sent = [one for one in attempts if one.manifest is not None]
    rows = sum(one.outcome.landed for one in attempts if one.outcome is not None)
    times = list(world.session.execute(EXTRACTED_AT.format(world.settings.cassandra_keyspace)))
    opened = [row.opened_at for row in times if row.version in {one.version for one in attempts}]
    ended = [row.extracted_at for row in times if row.extracted_at and row.version in {one.version for one in attempts}]
    produce_s = (max(ended) - min(opened)).total_seconds() if ended else 0.0
    calls = [row for row in world.session.execute(USED.format(world.settings.cassandra_keyspace)) if row.period == "day"]
    for row in calls:
        console.print(f"calls of {row.host} on this day, both runs: {row.calls}, cost {row.weight:.1f}")
    grown = {name: after.tables[name] - before.tables[name] for name in after.tables}
    table = world.settings.hourly_sink_table
    observed = {
        "calls": float(len(attempts)),
        "attempts": float(len(sent)),
        "rows": float(rows),
        "seconds": seconds,
        "rows per second": rows / seconds,
        "kafka bytes per row": (after.topic - before.topic) / max(1, sum(one.asked for one in sent)),
        "disk bytes per row": grown[table] / max(1, rows),
        **{f"cpu {role}": spent for role, spent in usage.cpu_s.items()},
    }
    predicted = predict(load, read_unit_costs())
    console.print(f"{'figure':28}{'predicted':>14}{'observed':>14}{'ratio':>8}")
    for name, value in observed.items():
        foreseen = predicted.get(name)
        told = f"{foreseen:14,.1f}" if foreseen is not None else f"{'-':>14}"
        ratio = f"{value / foreseen:8.2f}" if foreseen else f"{'-':>8}"
        console.print(f"{name:28}{told}{value:14,.1f}{ratio}")
    console.print(f"produce, from the first attempt's opening to the last one's sending: {produce_s:.1f} s")
    for role, mib in sorted(usage.peak_mib.items()):
        console.print(f"peak memory {role}: {mib:,.0f} MiB")
    for name, size in grown.items():
        largest = largest_partition(world, name)
        console.print(f"table {name}: grown by {size:,} bytes on disk, largest partition {largest} bytes before compression")
    counted = world.session.execute(COUNTED.format(world.settings.cassandra_keyspace))
    console.print(f"rows of ledger partitions: {[(row.source, row.month, row.count) for row in counted]}")


EXTRACTED_AT: Final = "SELECT version, opened_at, extracted_at FROM {}.ingest_ledger"
USED: Final = "SELECT host, period, weight, calls FROM {}.api_usage"
COUNTED: Final = "SELECT source, month, count(*) AS count FROM {}.ingest_ledger GROUP BY source, resolution, month"


def main() -> int:
    """Run it; exit code 0 when the run is green."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locations", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--variables", type=int, default=len(VARIABLES), help=f"of twelve ({', '.join(VARIABLES)})")
    parser.add_argument("--minutes", type=float, default=60, help="the run is given up, and reported as far as it came")
    chosen = parser.parse_args()
    load = Workload(chosen.locations, chosen.days, chosen.variables)
    console.print(f"{', '.join(describe_machine().values())}; load {load_average():.2f} per core")
    try:
        with open_world(with_airflow=True) as world:
            locations, days = WARM_UP
            run(world, replace(load, locations=locations, days=days), "warm", 600)
            run(world, load, "many", 60 * chosen.minutes)
    except (ProgramFailed, subprocess.SubprocessError) as error:
        console.print(str(error), markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
