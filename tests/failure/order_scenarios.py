"""Runs over the same days: at once, late, in any order, and with a clock that is wrong."""

import time
from typing import Final

from tests.failure.harm import add_driver, run_side_by_side
from tests.failure.world import World

WARM: Final = "temperature_2m"


def revise(world: World, start: str, end: str, **change: float | bool) -> None:
    """From now on the source says otherwise of the temperature from `start` to before `end`."""
    world.order(revisions=[{"variable": WARM, "start": f"2021-{start}", "end": f"2021-{end}", **change}])


def two_runs_ask_for_the_same_days_at_once(world: World) -> None:
    """Two runs side by side over overlapping days and variables, while the source revises its values."""
    other, later = add_driver(world), world.rng.randint(0, 10)
    mine, its = world.chunk((WARM, "rain"), days=20), world.chunk((WARM, "surface_pressure"), days=20, later=later)

    def revise_meanwhile() -> None:
        time.sleep(world.rng.uniform(0.5, 5))
        revise(world, "03-02T00:00", "03-09T00:00", add=-2.5)
        revise(world, "03-05T00:00", "03-06T00:00", is_null=True)
        world.struck("two runs, revised between")

    run_side_by_side(
        lambda: [world.record(mine) for _ in range(2)],
        lambda: [world.record(its, other) for _ in range(2)],
        revise_meanwhile,
    )


def old_load_comes_after_a_new_one(world: World) -> None:
    """An attempt is loaded after a newer one, over values that were revised and nulled in between."""
    wide, narrow = world.chunk((WARM, "rain"), days=10), world.chunk((WARM,), days=4, later=3)
    old = world.driver.produce(world.remember(wide))
    revise(world, "03-01T00:00", "03-06T00:00", add=3)
    revise(world, "03-04T05:00", "03-05T09:00", is_null=True)
    world.record(narrow)
    world.struck("old load late")
    assert world.driver.load(old)


def old_backfill_comes_after_newer_ones(world: World) -> None:
    """Five overlapping runs are produced in order, each with its own values, and loaded in any order, the oldest last."""
    produced = []
    for number in range(5):
        revise(world, f"03-{1 + number:02}T00:00", f"03-{4 + number:02}T07:00", add=number + 0.5)
        if number == 3:
            revise(world, "03-05T00:00", "03-06T12:00", is_null=True)
        names = world.rng.sample((WARM, "rain", "surface_pressure"), 2)
        chunk = world.chunk(names, days=world.rng.randint(2, 9), later=world.rng.randint(0, 5))
        produced.append(world.driver.produce(world.remember(chunk)))
    oldest, *newer = produced
    world.rng.shuffle(newer)
    world.struck("loads shuffled, oldest last")
    for attempts in (*newer, oldest):
        assert world.driver.load(attempts)


def clock_is_set_back(world: World) -> None:
    """The produce task's clock is two minutes ahead, the load's right; then one minute late, then right: all of it counts."""
    world.struck("clock +2 min, then -1 min, then right")
    chunk = world.chunk()
    for ahead_s in (120, -60, 0):
        world.driver.clock_ahead_us = ahead_s * 1_000_000
        revise(world, "03-01T00:00", "03-02T00:00", add=world.rng.randint(1, 3))
        world.record(chunk)


SCENARIOS: Final = (
    two_runs_ask_for_the_same_days_at_once,
    old_load_comes_after_a_new_one,
    old_backfill_comes_after_newer_ones,
    clock_is_set_back,
)
