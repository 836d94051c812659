"""Airflow's own processes and its running tasks are killed: the run ends green without a hand, and nothing is lost."""

import time
from collections.abc import Callable

import pytest

from barograph.store.store import Store
from stack.first_run import FILL
from tests.failure.airflow_runs import (
    DAG,
    LOAD,
    PRODUCE,
    await_end,
    await_state,
    find_task,
    kill,
    last_line,
    runners,
    trigger,
)
from tests.failure.harm import await_held, hold_source
from tests.failure.kafka_scenarios import delete_records
from tests.failure.world import Row, World, play

pytestmark = [pytest.mark.integration, pytest.mark.spark, pytest.mark.faults]
Play = Callable[[Callable[[World], None], int], None]


@pytest.fixture
def play_here(make_world: Callable[[int], World], keep_row: Callable[[Row], None]) -> Play:
    """Play a scenario with a seed; its row must be without findings."""

    def play_one(scenario: Callable[[World], None], seed: int) -> None:
        row = play(scenario.__name__, scenario, make_world(seed))
        keep_row(row)
        assert row.verdict.findings == []
        assert row.verdict.windows == 1

    return play_one


def service_is_killed_in_a_run(world: World, name: str) -> None:
    """A service of Airflow is killed (-9) while the produce task waits for its answer, or soon after."""
    hold_source(world)
    run_id = trigger(world, world.chunk(days=20))
    await_held(world)
    time.sleep(world.rng.uniform(0, 10))
    world.service(name).kill()
    world.struck(f"kill -9 {name}")
    await_end(world, run_id)


def scheduler_is_killed_in_a_run(world: World) -> None:
    """See `service_is_killed_in_a_run`."""
    service_is_killed_in_a_run(world, "airflow-scheduler")


def api_server_is_killed_in_a_run(world: World) -> None:
    """See `service_is_killed_in_a_run`."""
    service_is_killed_in_a_run(world, "airflow-api-server")


def produce_task_is_killed_in_a_run(world: World) -> None:
    """The process of the produce task is killed (-9) while it waits for its answer."""
    hold_source(world)
    run_id = trigger(world, world.chunk(days=20))
    await_held(world)
    time.sleep(world.rng.uniform(0, 3))
    kill(runners(world))
    world.struck("kill -9 produce task")
    await_end(world, run_id)
    assert find_task(world, run_id, PRODUCE).try_number == 2


def load_task_is_killed_in_a_run_and_its_jvm_goes_on(world: World) -> None:
    """The load's process and the one that watches it are killed (-9); its JVM is not, and writes beside the next try."""
    run_id = trigger(world, world.chunk(days=20))
    await_state(world, run_id, LOAD, "running")
    time.sleep(world.rng.uniform(3, 8))
    running = runners(world)
    kill([*(one.parent() or one for one in running), *running])
    world.struck("kill -9 load task and supervisor")
    await_end(world, run_id)
    assert find_task(world, run_id, LOAD).try_number == 2


KILLED = (scheduler_is_killed_in_a_run, api_server_is_killed_in_a_run, produce_task_is_killed_in_a_run)


def records_are_gone_in_a_run(world: World) -> None:
    """Kafka forgets what the produce task sent: the load is red at once and says why, fill_gaps_dag asks again."""
    airflow, chunk = world.side.airflow, world.chunk(days=20)
    hold_source(world)
    run_id = trigger(world, chunk)
    await_held(world)
    airflow.pause(DAG)
    await_state(world, run_id, PRODUCE, "success")
    with world.side.cassandra() as session:
        history = Store(session, world.settings).ledger.overlapping([chunk])
    delete_records(world, [attempt.attempt_id for attempt in history if attempt.chunk == chunk])
    airflow.unpause(DAG)
    await_end(world, run_id, "failed")
    world.driver.last_lines.append(last_line(world, run_id, LOAD))
    await_end(world, airflow.trigger(FILL), dag_id=FILL)


@pytest.mark.parametrize("scenario", KILLED)
def test_run_ends_green_without_a_hand(scenario: Callable[[World], None], play_here: Play) -> None:
    play_here(scenario, 1)


def test_what_kafka_forgot_is_asked_again_by_a_fill(play_here: Play) -> None:
    play_here(records_are_gone_in_a_run, 1)


def test_load_that_nobody_watches_any_more_lands_once(play_here: Play) -> None:
    play_here(load_task_is_killed_in_a_run_and_its_jvm_goes_on, 1)
