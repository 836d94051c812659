"""Runs that wait, in the running Airflow: deferred, without slot or worker, and going on by themselves (test_waited.py)."""

import time

import pytest

from stack.side_stack import SideStack
from tests.integration.waits import DAG, PRODUCE, RUN_ID

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("waiting")]


def states(side: SideStack) -> dict[str, str]:
    """State by task id."""
    return {task.task_id: task.state for task in side.airflow.tasks(DAG, RUN_ID)}


def follow(side: SideStack, until: str, tasks: tuple[str, ...]) -> list[dict[str, str]]:
    """The states of the run's tasks at every look, until one of `tasks` is in state `until`."""
    seen, deadline = list[dict[str, str]](), time.monotonic() + 180
    while not seen or until not in {seen[-1][task] for task in tasks}:
        assert time.monotonic() < deadline, seen[-1]
        seen.append(states(side))
        time.sleep(0.2)
    return seen


def test_a_scheduled_run_waits_for_its_minute_without_a_worker_and_then_asks(side: SideStack) -> None:
    seen = follow(side, "success", ("await_start",))
    assert "deferred" in {one["await_start"] for one in seen}
    assert {one["plan_request"] for one in seen if one["await_start"] == "deferred"} <= {"none", "scheduled"}


def test_a_wait_of_more_than_two_minutes_gives_the_pools_one_slot_to_the_next_task(side: SideStack) -> None:
    first = follow(side, "deferred", PRODUCE)[-1]
    (deferred,) = [task for task in PRODUCE if first[task] == "deferred"]
    (other,) = set(PRODUCE) - {deferred}
    assert follow(side, "success", (other,))[-1][deferred] == "deferred"
