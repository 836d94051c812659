"""Kafka and Cassandra killed, frozen and away while two runs go on."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tests.failure.harm import freeze_service, keep_away
from tests.failure.world import World

SERVICE_RETRY_S: Final = 15
"""Half of the DAGs' first retry delay: a service that was away for a minute needs its time to start."""
AWAY_S: Final = 60


def service_is_killed(world: World, name: str) -> None:
    """A service is killed (-9) at a random moment of produce or load; supervisord starts it again."""
    world.later(world.rng.uniform(0.1, 8), f"kill -9 {name}", lambda: world.service(name).kill())
    record_two(world)


def service_is_frozen(world: World, name: str) -> None:
    """SIGSTOP of a service at a random moment, SIGCONT some seconds later."""
    seconds = world.rng.uniform(5, 20)
    world.later(world.rng.uniform(0.1, 6), f"freeze {name} {seconds:.0f}s", lambda: freeze_service(world, name, seconds))
    record_two(world)


def service_is_away(world: World, name: str) -> None:
    """A service is away for a minute."""
    world.later(world.rng.uniform(0.1, 4), f"{name} away {AWAY_S}s", lambda: keep_away(world, name, AWAY_S))
    record_two(world)


def record_two(world: World) -> None:
    """Two runs whose days overlap."""
    world.driver.retry_delay_s = SERVICE_RETRY_S
    world.record(world.chunk(days=20))
    world.record(world.chunk(days=20, later=10))


def _named() -> Iterator[Callable[[World], None]]:
    for service, program in (("broker", "kafka"), ("cassandra", "cassandra")):
        for harm in (service_is_killed, service_is_frozen, service_is_away):
            scenario = partial(harm, name=program)
            scenario.__name__ = harm.__name__.replace("service", service)  # type: ignore[attr-defined]  # a partial takes names
            yield scenario


SCENARIOS: Final = tuple(_named())
