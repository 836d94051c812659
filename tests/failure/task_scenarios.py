"""Tasks killed and frozen at random moments."""

import time

from tests.failure.harm import add_driver, await_held, hold_source, kill_half_of_the_load, kill_produce, load_late
from tests.failure.world import World

WARMER = {"variable": "temperature_2m", "start": "2021-03-01T00:00", "end": "2021-04-01T00:00", "add": 1}


def produce_task_is_killed(world: World) -> None:
    """The produce process is killed (-9) at a random moment and tried again."""
    seconds = world.rng.uniform(0.05, 1.5)
    world.later(0, f"kill -9 produce after {seconds:.1f}s", lambda: kill_produce(world, seconds))
    world.record(world.chunk(days=60))


def frozen_produce_task_wakes_after_its_successor(world: World) -> None:
    """SIGSTOP of a produce process that waits for its answer; a newer try is committed; the old one goes on and lands late."""
    chunk = world.chunk(days=60)
    hold_source(world)
    zombie = world.driver.start_producing(chunk)
    await_held(world)
    time.sleep(world.rng.uniform(0, 2))
    zombie.freeze()
    world.struck("SIGSTOP produce")
    world.order(revisions=[WARMER])
    world.record(chunk)
    zombie.thaw()
    world.struck(load_late(world.driver, zombie.wait()))


def spark_driver_is_killed(world: World) -> None:
    """The load is killed (-9) with its JVM at a random moment and tried again."""
    attempts = world.driver.produce(world.remember(world.chunk(days=60)))
    world.driver.warm_up()
    world.later(world.rng.uniform(0.3, 6), "kill -9 load", world.driver.kill_loading)
    assert world.driver.load(attempts)


def half_of_the_spark_driver_is_killed(world: World) -> None:
    """Of the load's two processes, JVM and Python, one is killed (-9); the load is tried again."""
    attempts = world.driver.produce(world.remember(world.chunk(days=60)))
    world.driver.warm_up()
    world.later(world.rng.uniform(0.3, 4), "kill -9 JVM or Python", lambda: kill_half_of_the_load(world))
    assert world.driver.load(attempts)


def frozen_spark_driver_wakes_after_a_newer_load(world: World) -> None:
    """SIGSTOP of a load at a random moment; a newer attempt with other values is committed; the old load writes on."""
    chunk = world.chunk(days=60)
    attempts = world.driver.produce(world.remember(chunk))
    zombie = world.driver.warm_up()
    zombie.pipe.send(attempts)
    time.sleep(world.rng.uniform(0.3, 4))
    zombie.freeze()
    world.struck("SIGSTOP load")
    world.order(revisions=[WARMER])
    add_driver(world).record(chunk)
    zombie.thaw()
    status, told = zombie.wait()
    world.struck(f"late load {status}")
    if status != "done":
        world.driver.last_lines.append(str(told))


def load_runs_twice_at_once(world: World) -> None:
    """A load that Airflow believes dead goes on while its next try lands the same attempt."""
    attempts = world.driver.produce(world.remember(world.chunk(days=60)))
    zombie = world.driver.warm_up()
    other = add_driver(world)
    other.warm_up()
    zombie.pipe.send(attempts)
    time.sleep(world.rng.uniform(0, 3))
    world.struck("two loads of one attempt")
    assert other.load(attempts)
    status, told = zombie.wait()
    assert status == "done", told


SCENARIOS = (
    produce_task_is_killed,
    frozen_produce_task_wakes_after_its_successor,
    spark_driver_is_killed,
    half_of_the_spark_driver_is_killed,
    frozen_spark_driver_wakes_after_a_newer_load,
    load_runs_twice_at_once,
)
