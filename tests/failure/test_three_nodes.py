"""Three brokers and three Cassandra nodes, replication 3, min.insync 2, LOCAL_QUORUM: one node of each may die."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType

from barograph.transport.client import client_config
from tests.failure.driver import Task
from tests.failure.side_world import spare_loaders, world_on
from tests.failure.three_nodes import ThreeNodes
from tests.failure.world import Row, World, play

pytestmark = [pytest.mark.integration, pytest.mark.spark, pytest.mark.faults]


@pytest.fixture(scope="module")
def cluster() -> Iterator[ThreeNodes]:
    """The running cluster, with topics and tables."""
    nodes = ThreeNodes()
    try:
        nodes.start()
        yield nodes
    finally:
        nodes.remove()


@pytest.fixture(scope="module")
def loaders() -> Iterator[list[Task]]:
    """Load processes for one world after the other."""
    with spare_loaders() as idle:
        yield idle


def test_settings_alone_make_three_copies(cluster: ThreeNodes) -> None:
    settings = cluster.first.settings
    admin = AdminClient(client_config(settings))
    topic = ConfigResource(ResourceType.TOPIC, settings.hourly_data_topic)
    assert admin.describe_configs([topic])[topic].result(30)["min.insync.replicas"].value == "2"
    partitions = admin.list_topics(settings.hourly_data_topic, timeout=30).topics[settings.hourly_data_topic].partitions
    assert {len(partition.replicas) for partition in partitions.values()} == {3}
    with cluster.first.cassandra() as session:
        query = "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = %s"
        assert session.execute(query, (settings.cassandra_keyspace,)).one().replication["datacenter1"] == "3"


@pytest.mark.parametrize("seed", [1, 2])
def test_one_node_of_each_may_die(seed: int, cluster: ThreeNodes, loaders: list[Task], keep_row: Callable[[Row], None]) -> None:
    def scenario(world: World) -> None:
        """Killed and started again in the middle of a run; then others killed, and away for all of the next."""
        cluster.await_all()
        dead = {name: world.rng.sample((1, 2, 3), 2) for name in ("kafka", "cassandra")}
        for name, (first, _) in dead.items():
            world.later(world.rng.uniform(0.1, 6), f"kill -9 {name} {first}", partial(cluster.kill, first, name))
        world.record(world.chunk(days=20))
        for timer in world.timers:
            timer.join()
        cluster.await_all()
        for name, (_, second) in dead.items():
            cluster.kill_for_good(second, name)
            world.struck(f"{name} {second} away")
        world.record(world.chunk(days=20, later=10))
        for name, (_, second) in dead.items():
            cluster.start_again(second, name)

    row = play("one_node_of_each_is_killed", scenario, world_on(cluster.first, seed, loaders))
    keep_row(row)
    assert row.verdict.findings == []
    assert row.verdict.windows == 2
