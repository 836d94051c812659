"""`make acceptance-open-meteo`: thousands of places and decades through the stand-in with the hosted limits on, killed once.

Both sides' limits are those of the free hosts times `FACTOR`, so that days of waiting become minutes of work.
"""

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import psutil
from rich.console import Console

from barograph.model.variables import all_variables
from barograph.model.window import Window
from barograph.sources.open_meteo.variables import products_of
from stack.airflow_api import Task
from stack.side_stack import SideStack
from stack.supervision import Supervisor

DAG: Final = "historic_weather_data_dag"
PRODUCE, LOAD = "produce_hourly_metrics", "spark_processor_hourly_task"
FACTOR: Final = 100
QUOTA: Final = (600, 5_000, 10_000)
"""Of the free hosts, per minute, hour and day."""
MAX_PEAK_MIB: Final = 300
MAX_GROWTH: Final = 1.1
TIMEOUT_S: Final = 3600
KILL_AFTER: Final = 1 / 3
"""The share of a run's calls that are made when its task is killed."""

console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to: `peak_mib` is the extract's memory at most; `answers` are those of the stand-in, in order."""

    rows: int
    seconds: float
    peak_mib: int
    answers: Sequence[Mapping[str, Any]]
    failures: list[str]


def archive_variables(count: int) -> list[str]:
    """The first `count` hourly measurements of the archive."""
    known = all_variables().values()
    names = [
        one.name
        for one in known
        if one.resolution == "hourly" and "archive" in products_of(one.name, "hourly") and one.type == "double"
    ]
    return names[:count]


def write_places(file: Path, count: int) -> None:
    """A CSV of `count` places in Central Europe with tag `many`, to import."""
    rows = [f"place {n},{46 + n % 40 / 5:g},{6 + n // 40 / 10:g},many" for n in range(count)]
    file.write_text("\n".join(["name,latitude,longitude,tags", *rows]) + "\n", encoding="utf-8")


def find_asked_again(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """The questions that were answered more than once."""
    counts = Counter(f"{answer['path']}?{answer['query']}" for answer in answers if answer["status"] == 200)
    return [question for question, count in counts.items() if count > 1]


class Runs:
    """Runs of the historic DAG on one stack, each held against what the calendar expects."""

    def __init__(self, side: SideStack) -> None:
        self.side, self.airflow = side, side.airflow

    def run(
        self, places: Mapping[str, object], variables: Sequence[str], window: Window, count: int, kill_at: int = 0
    ) -> Outcome:
        """Ask for `variables` of `count` places; after `kill_at` answers the produce task is killed (0 = it is not)."""
        control = self.side.simulator
        before = control.told()["requests"]
        conf = {"start_date": str(window.start), "end_date": str(window.last_day), "hourly": list(variables), "daily": []}
        began, killed = time.monotonic(), [False]

        def kill_once(tasks: list[Task]) -> None:
            is_running = any(task.task_id == PRODUCE and task.state == "running" for task in tasks)
            if kill_at and is_running and not killed[0]:
                done = control.told()["requests"] - before
                killed[0] = done >= kill_at and self._kill_producing()

        run_id = self.airflow.trigger(DAG, {**conf, **places})
        state = self.airflow.wait(DAG, run_id, TIMEOUT_S, kill_once).state
        seconds = time.monotonic() - began
        tries = {task.task_id: task.try_number for task in self.airflow.tasks(DAG, run_id)}
        logs = {task: self.airflow.task_log(DAG, run_id, task, tries[task]) for task in (PRODUCE, LOAD)}
        answers = control.told()["answers"][before:]
        expected = count * window.count("hourly")
        summary = next((line for line in reversed(logs[LOAD]) if "load source=" in line), "no summary")
        for line in (line for log in logs.values() for line in log if re.search("peak memory|load source=|round .* asks", line)):
            console.print(line)
        failures = [] if state == "success" else [f"{DAG} is {state}: {logs[PRODUCE][-3:]} {logs[LOAD][-3:]}"]
        failures += [] if f"asked={expected} " in summary else [f"asked is not {expected}: {summary}"]
        failures += [] if "quarantined=0 missing=0 " in summary else [f"not everything landed: {summary}"]
        refused = [answer for answer in answers if answer["status"] == 429]
        failures += [f"{len(refused)} answers 429, none was due"] if refused else []
        peaks = [int(found[1]) for line in logs[PRODUCE] if (found := re.search(r"peak memory of this task: (\d+) MiB", line))]
        again = find_asked_again(answers)
        if kill_at:
            failures += [] if killed[0] and tries[PRODUCE] > 1 else ["the produce task was not killed"]
        failures += [f"{len(again)} questions were answered twice"] if len(again) > int(killed[0]) else []
        console.print(
            f"{expected} rows in {seconds:.0f} s = {expected / seconds:.0f} rows/s, {len(answers)} calls, "
            f"weight {sum(answer['weight'] for answer in answers):.0f}, {len(again)} asked again"
        )
        return Outcome(expected, seconds, max(peaks, default=0), answers, failures)

    def _kill_producing(self) -> bool:
        """Whether the process of the produce task, the one of the scheduler's that talks to Kafka, was killed by kill -9."""
        scheduler = psutil.Process(Supervisor(self.side.settings).states()["airflow-scheduler"][1])
        for process in scheduler.children(recursive=True):
            try:
                peers = [one.raddr.port for one in process.net_connections("tcp") if one.raddr]
            except psutil.NoSuchProcess:
                continue
            if self.side.settings.kafka_port in peers:
                process.kill()
                return True
        return False


def main() -> int:
    """Run it; exit code 0 when everything is as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=30, help="of the long run (acceptance: 30)")
    parser.add_argument("--places", type=int, default=2000, help="of the wide run (acceptance: 2000)")
    chosen = parser.parse_args()
    quota = {"API_QUOTA": "/".join(str(limit * FACTOR) for limit in QUOTA)}
    side = SideStack("open-meteo", STANDIN_LIMITS_FACTOR=str(FACTOR), **quota)
    side.prepare()
    try:
        started = side.run("up", "--offline")
        if started.returncode:
            console.print(started.stdout + started.stderr, markup=False)
            return 1
        return _judge(_run_all(side, chosen.years, chosen.places))
    finally:
        side.remove()


def _run_all(side: SideStack, years: int, places: int) -> list[str]:
    file = side.folder / "places.csv"
    write_places(file, places)
    console.print(side.run("barograph", "locations", "import", str(file)).stdout.strip())
    runs, week = Runs(side), Window.from_days(date(2024, 4, 1), date(2024, 4, 7))
    console.print(f"--- {places} places, 8 variables, 7 days")
    wide = runs.run({"tags": ["many"]}, archive_variables(8), week, places)
    numbers = range(20)
    twenty = {
        "latitudes": ",".join(f"{45 + n / 2:g}" for n in numbers),
        "longitudes": ",".join(f"{6 + n / 2:g}" for n in numbers),
    }
    names = archive_variables(20)
    console.print("--- 20 places, 20 variables, 1 year")
    short = runs.run(twenty, names, Window(date(2021, 1, 1), date(2022, 1, 1)), 20)
    console.print(f"--- 20 places, 20 variables, {years} years, killed in the middle")
    window = Window(date(2021 - years, 1, 1), date(2021, 1, 1))
    long = runs.run(twenty, names, window, 20, kill_at=max(2, int(KILL_AFTER * years * len(short.answers))))
    console.print(f"the extract's peak memory: {short.peak_mib} MiB for 1 year, {long.peak_mib} MiB for {years}")
    failures = wide.failures + short.failures + long.failures
    if long.peak_mib > MAX_PEAK_MIB or long.peak_mib > MAX_GROWTH * short.peak_mib:
        failures.append(f"{long.peak_mib} MiB is beyond {MAX_PEAK_MIB} MiB or {MAX_GROWTH} times {short.peak_mib} MiB")
    return failures


def _judge(failures: Sequence[str]) -> int:
    for failure in failures:
        console.print(f"FAILED {failure}", style="red", markup=False)
    console.print("acceptance failed" if failures else "acceptance passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
