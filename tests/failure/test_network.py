"""Tasks whose way to Kafka, Cassandra and the source is cut, slow or silent for a while: nothing lost, doubled or wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from stack.logins import make_logins, settings_as
from stack.side_services import SideServices
from tests.failure import proxies as toxiproxy
from tests.failure.driver import Task
from tests.failure.node_files import PROXY, advertise_cassandra, advertise_kafka
from tests.failure.proxies import Proxies, running_proxies
from tests.failure.side_world import SMALL, must_or_skip, spare_loaders, world_on
from tests.failure.tasks import connection
from tests.failure.watch import Deadline
from tests.failure.world import Row, World, play

pytestmark = [pytest.mark.integration, pytest.mark.spark, pytest.mark.faults]


@dataclass
class Network:
    """LoadContext behind proxies, and the names that lead the tasks there."""

    side: SideServices
    proxies: Proxies
    others: dict[str, str]
    spare: list[Task]


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """Kafka, Cassandra and the stand-in, each behind a proxy."""
    must_or_skip(toxiproxy.why_not())
    side = SideServices("network", **SMALL)
    side.prepare()
    settings = side.settings
    ports = {"kafka": settings.kafka_port, "cassandra": settings.cassandra_port}
    with running_proxies(settings.airflow_port) as proxies:  # free: no Airflow runs here
        for name, port in ports.items():
            proxies.add(name, f"{PROXY}:{port}", f"127.0.0.1:{port}")
        source = proxies.add("source", "127.0.0.1:0", f"127.0.0.1:{settings.standin_port}")
        make_logins(side.own_settings)
        sender = settings_as(side.own_settings, "producer").model_copy(update={"kafka_host": PROXY})
        others = {
            "KAFKA_HOST": PROXY,
            "CASSANDRA_HOST": PROXY,
            "STANDIN_PORT": source.rpartition(":")[2],
            "AIRFLOW_CONN_KAFKA_FAULTS": connection(sender),
        }
        try:
            side.start(kafka=advertise_kafka, cassandra=advertise_cassandra)
            with spare_loaders() as spare:
                yield Network(side, proxies, others, spare)
        finally:
            side.remove()


def cut(world: World, proxies: Proxies, way: str) -> None:
    """Connections are closed and refused for a while."""
    at_s = world.rng.uniform(0.1, 3)
    world.later(at_s, f"{way} cut", partial(proxies.cut, way))
    world.later(at_s + world.rng.uniform(3, 12), f"{way} healed", proxies.heal)


def slow(world: World, proxies: Proxies, way: str) -> None:
    """Each piece waits for a tenth of a second or so."""
    milliseconds = world.rng.randint(50, 200)
    world.struck(f"{way} {milliseconds} ms later")
    proxies.slow_down(way, milliseconds)


def half_open(world: World, proxies: Proxies, way: str) -> None:
    """Connections stay open and nothing passes, for longer than Kafka's clients wait for a message."""
    at_s = world.rng.uniform(0.1, 3)
    world.later(at_s, f"{way} silent", partial(proxies.silence, way))
    world.later(at_s + world.rng.uniform(20, 30), f"{way} healed", proxies.heal)


@pytest.mark.parametrize(
    ("harm", "way", "seed"),
    [
        (cut, "kafka", 1),
        (cut, "cassandra", 2),
        (cut, "source", 3),
        (slow, "kafka", 1),
        (slow, "cassandra", 2),
        (half_open, "kafka", 1),
    ],
)
def test_harmed_network_loses_nothing(
    harm: Callable[[World, Proxies, str], None], way: str, seed: int, network: Network, keep_row: Callable[[Row], None]
) -> None:
    def scenario(world: World) -> None:
        world.driver.retry_delay_s = 5
        harm(world, network.proxies, way)
        world.record(world.chunk(days=20))
        world.record(world.chunk(days=20, later=10))

    with Deadline() as watch:
        try:
            row = play(f"network_{harm.__name__}", scenario, world_on(network.side, seed, network.spare, **network.others))
        finally:
            network.proxies.heal()
    keep_row(row)
    assert row.verdict.findings == []
    assert row.verdict.windows == 2
    settings = network.side.settings
    services = {settings.kafka_port, settings.cassandra_port}
    assert {(PROXY, port) for port in services} <= watch.seen
    assert not {("127.0.0.1", port) for port in services} & watch.seen, "a client passed the proxy by"
