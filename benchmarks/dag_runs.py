"""Runs of DAGs on the benchmark's stack, timed from the trigger to the end."""

import time
from collections.abc import Mapping
from typing import Final

from benchmarks.processes import ProgramFailed
from benchmarks.world import World
from stack.airflow_api import ENDED

LOOK_EVERY_S: Final = 0.2


def run_dag(world: World, dag_id: str, conf: Mapping[str, object], timeout_s: float) -> tuple[float, list[str]]:
    """Seconds from the trigger to the end of the run, and the lines of its tasks' logs.

    Raises:
        ProgramFailed: the run is not green; holds the end of the logs.
    """
    with world.side.airflow as airflow:
        began = time.monotonic()
        run_id = airflow.trigger(dag_id, conf)
        while (state := airflow.run(dag_id, run_id).state) not in ENDED and time.monotonic() - began < timeout_s:
            time.sleep(LOOK_EVERY_S)
        seconds = time.monotonic() - began
        tasks = [task for task in airflow.tasks(dag_id, run_id) if task.state in {"success", "failed"}]
        logs = [line for task in tasks for line in airflow.task_log(dag_id, run_id, task.task_id, task.try_number)]
    if state != "success":
        raise ProgramFailed(f"{dag_id} {run_id} is {state}:\n" + "\n".join(logs[-30:]))
    return seconds, logs
