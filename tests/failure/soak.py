"""`make soak MINUTES=30`: random runs, reruns, backfills, fills and faults from a printed seed, validated by the checker."""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from barograph.model.chunk import Chunk
from stack.side_services import SideServices
from tests.failure.checker import Verdict
from tests.failure.disturbances import VARIABLES, disturb
from tests.failure.filling import fill
from tests.failure.kafka_scenarios import delete_records
from tests.failure.service_scenarios import SERVICE_RETRY_S
from tests.failure.side_world import spare_loaders, world_on
from tests.failure.world import World

CHECK_EVERY: Final = 10


def soak(world: World, minutes: float, runs: Counter[str]) -> None:
    """Runs and faults for `minutes`; `runs` counts those of each kind.

    Raises:
        AssertionError: a run did not end, or the checker found something.
    """
    until = time.monotonic() + minutes * 60
    while time.monotonic() < until:
        disturb(world)
        runs[run_at_random(world)] += 1
        settle(world)
        if runs.total() % CHECK_EVERY == 0:
            print(f"runs={runs.total()} {summary(found := world.verdict())} faults: {', '.join(world.faults[-8:])}", flush=True)
            assert found.findings == []


def settle(world: World) -> None:
    """Wait until every fault is over."""
    for timer in world.timers:
        timer.join()
    world.timers.clear()
    world.await_healthy("kafka", "cassandra")


def run_at_random(world: World) -> str:
    """One run: of new days, of days asked before, or one that is lost on its way and filled; its kind."""
    kind = world.rng.choices(("new", "rerun", "lost before its load", "records gone"), (5, 3, 1, 1))[0]
    if kind == "rerun" and world.chunks:
        world.record(world.rng.choice(world.chunks))
        return kind
    chunk = any_unit(world)
    if kind in {"new", "rerun"}:
        world.record(chunk)
        return "new"
    attempts = world.driver.produce(world.remember(chunk))
    if kind == "records gone":
        settle(world)
        delete_records(world, attempts)
    fill(world)
    world.filled.append(chunk)
    return kind


def any_unit(world: World) -> Chunk:
    """Some variables of some days of a month."""
    names = world.rng.sample(VARIABLES, world.rng.randint(1, 3))
    return world.chunk(names, days=world.rng.randint(1, 12), later=world.rng.randint(0, 20))


def summary(found: Verdict) -> str:
    """The counts of a verdict, and its first findings."""
    counts = f"rows={found.cells} lost={found.lost} doubled={found.doubled} wrong={found.wrong} unclear={found.unclear}"
    return f"{counts} {found.findings[:5] or ''}"


@contextmanager
def a_world(seed: int) -> Iterator[World]:
    """A world on services of its own; the driver stands in for Airflow."""
    side = SideServices("soak")
    side.prepare()
    try:
        side.start()
        with spare_loaders() as spare:
            world = world_on(side, seed, spare)
            world.driver.retry_delay_s = SERVICE_RETRY_S
            try:
                yield world
            finally:
                world.driver.close()
    finally:
        side.remove()


def main() -> None:
    """Soak a stack, print what came of it; exits 1 when anything was lost, too many or wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**6))
    arguments = parser.parse_args()
    print(f"seed={arguments.seed}", flush=True)
    runs, stopped = Counter[str](), ""
    with a_world(arguments.seed) as world:
        try:
            soak(world, arguments.minutes, runs)
        except AssertionError as error:
            stopped = f"stopped: {error}"
        settle(world)
        found, faults = world.verdict(), Counter(what.split("@")[0] for what in world.faults)
    print(f"{dict(runs)} {dict(faults)} {stopped}")
    print(f"soak seed={arguments.seed} runs={runs.total()} faults={faults.total()} {summary(found)}")
    sys.exit(1 if found.findings or stopped else 0)


if __name__ == "__main__":
    main()
