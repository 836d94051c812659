"""One fault at random for a run that begins now."""

from collections.abc import Callable, Mapping
from typing import Final

from tests.failure.harm import freeze_service, keep_away, kill_half_of_the_load
from tests.failure.source_scenarios import BAD
from tests.failure.world import World

VARIABLES: Final = ("temperature_2m", "rain", "surface_pressure", "relative_humidity_2m")
SERVICES: Final = ("kafka", "cassandra")


def disturb(world: World) -> None:
    """Arrange one of `DISTURBANCES`, or nothing."""
    DISTURBANCES[world.rng.choice(sorted(DISTURBANCES))](world)


def leave_alone(world: World) -> None:
    """Nothing happens."""


def kill_service(world: World) -> None:
    """Kafka or Cassandra is killed within ten seconds."""
    name = world.rng.choice(SERVICES)
    world.later(world.rng.uniform(0.1, 10), f"kill -9 {name}", lambda: world.service(name).kill())


def freeze_one(world: World) -> None:
    """Kafka or Cassandra stands still for a while."""
    name, seconds = world.rng.choice(SERVICES), world.rng.uniform(2, 20)
    world.later(world.rng.uniform(0.1, 10), f"freeze {name}", lambda: freeze_service(world, name, seconds))


def keep_one_away(world: World) -> None:
    """Kafka or Cassandra is stopped for a while."""
    name, seconds = world.rng.choice(SERVICES), world.rng.uniform(2, 40)
    world.later(world.rng.uniform(0.1, 10), f"{name} away", lambda: keep_away(world, name, seconds))


def kill_produce(world: World) -> None:
    """The produce task is killed, perhaps."""
    world.later(world.rng.uniform(0.05, 2), "kill -9 produce", world.driver.kill_producing)


def kill_load(world: World) -> None:
    """The load is killed, or one of its processes."""
    harm = world.rng.choice((world.driver.kill_loading, lambda: kill_half_of_the_load(world)))
    world.later(world.rng.uniform(0.1, 10), "kill -9 load", harm)


def spoil_source(world: World) -> None:
    """The source answers badly once or twice."""
    fault = world.rng.choice((*BAD, "429", "slow"))
    world.struck(f"source {fault}")
    world.order({"fault": fault, "times": world.rng.randint(1, 2)})


def revise_source(world: World) -> None:
    """The source changes or takes back a variable's values of some days."""
    first, days = world.rng.randint(1, 20), world.rng.randint(1, 8)
    hours = {"start": f"2021-03-{first:02}T00:00", "end": f"2021-03-{first + days:02}T12:00"}
    change = {"is_null": True} if world.rng.random() < 0.3 else {"add": round(world.rng.uniform(-1, 3), 1)}
    world.struck("revise")
    world.order(revisions=[{"variable": world.rng.choice(VARIABLES), **hours, **change}])


DISTURBANCES: Final[Mapping[str, Callable[[World], None]]] = {
    one.__name__: one
    for one in (leave_alone, kill_service, freeze_one, keep_one_away, kill_produce, kill_load, spoil_source, revise_source)
}
