"""Runs of historic_weather_data_dag on the stack's own Airflow, and harm to what works on them."""

import time
from collections.abc import Sequence
from typing import Final

import psutil

from barograph.model.chunk import Chunk
from stack.airflow_api import Task
from stack.errors import StackError
from stack.leftovers import find_leftovers
from tests.failure.world import World

DAG: Final = "historic_weather_data_dag"
PRODUCE: Final = "produce_hourly_metrics"
LOAD: Final = "spark_processor_hourly_task"
RUN_S: Final = 900
"""Bounds a run with everything that Airflow waits for: a heartbeat missed for two minutes, retries after half a minute."""
RUNNER: Final = "airflow worker -- "
SUPERVISOR: Final = "airflow worker -- LocalExecutor: "


def trigger(world: World, chunk: Chunk) -> str:
    """Start a run that asks for `chunk`, which the checker expects; its run id."""
    world.remember(chunk)
    conf = {
        "start_date": str(chunk.window.start),
        "end_date": str(chunk.window.last_day),
        "latitudes": world.location.latitude,
        "longitudes": world.location.longitude,
        "hourly": list(chunk.variables),
        "daily": [],
    }
    return world.side.airflow.trigger(DAG, conf)


def await_state(world: World, run_id: str, task_id: str, state: str) -> None:
    """Wait until a task of the run is in `state`."""
    until = time.monotonic() + RUN_S
    while (found := find_task(world, run_id, task_id)).state != state:
        assert time.monotonic() < until, found
        time.sleep(0.5)


def await_end(world: World, run_id: str, expected: str = "success", dag_id: str = DAG) -> None:
    """Wait for the run's end, which must be the one `expected`; an api-server that is away is asked again."""
    until, state = time.monotonic() + RUN_S, "unknown"
    while state not in {"success", "failed"}:
        assert time.monotonic() < until, f"{run_id} is still {state}: {tasks_of(world, run_id)}"
        time.sleep(1)
        try:
            state = world.side.airflow.run(dag_id, run_id).state
        except StackError:
            state = "unknown"
    assert state == expected, world.side.airflow.tasks(dag_id, run_id)


def find_task(world: World, run_id: str, task_id: str) -> Task:
    """That task of the run as it is now."""
    return next(task for task in tasks_of(world, run_id) if task.task_id == task_id)


def tasks_of(world: World, run_id: str) -> list[Task]:
    """The tasks of the run as they are now."""
    return world.side.airflow.tasks(DAG, run_id)


def last_line(world: World, run_id: str, task_id: str) -> str:
    """The last line of a task's first try, without the marks that Airflow folds logs by."""
    lines = world.side.airflow.task_log(DAG, run_id, task_id)
    return next(line for line in reversed(lines) if not line.startswith("::"))


def runners(world: World) -> list[psutil.Process]:
    """The processes in which Airflow's tasks work now."""
    titled = [(one, " ".join(one.cmdline())) for one in find_leftovers(world.side.folder) if one.is_running()]
    return [one for one, title in titled if title.startswith(RUNNER) and not title.startswith(SUPERVISOR)]


def kill(processes: Sequence[psutil.Process]) -> None:
    """Kill -9, all of them."""
    for process in processes:
        process.kill()
