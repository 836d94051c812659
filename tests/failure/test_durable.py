"""What stands between a power cut and the data, read back from the running services."""

from collections.abc import Iterator

import pytest
from cassandra.cluster import Session
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType

from barograph.settings import Settings
from barograph.transport.client import client_config
from stack.side_services import SideServices
from stack.side_stack import SideStack

pytestmark = pytest.mark.integration

NEVER = str(2**63 - 1)


def flush_messages(settings: Settings) -> str:
    """The messages between two fsyncs of the hourly topic, as the broker applies them."""
    admin = AdminClient(client_config(settings))
    topic = ConfigResource(ResourceType.TOPIC, settings.hourly_data_topic)
    return str(admin.describe_configs([topic])[topic].result(30)["flush.messages"].value)


def commit_log_sync(session: Session) -> tuple[str, str]:
    """How, and how often, the node brings its commit log to the disk."""
    names = ("commitlog_sync", "commitlog_sync_period")
    values = {row.name: row.value for row in session.execute("SELECT name, value FROM system_views.settings")}
    return values[names[0]], values[names[1]]


@pytest.fixture(scope="module")
def durable() -> Iterator[SideServices]:
    """Kafka, Cassandra and the stand-in with DURABLE=1."""
    side = SideServices("durable-test", DURABLE="1", KAFKA_HEAP="256m", CASSANDRA_HEAP="512m")
    side.prepare()
    try:
        side.start()
        yield side
    finally:
        side.remove()


@pytest.mark.faults
def test_durable_services_acknowledge_only_what_is_on_the_disk(durable: SideServices) -> None:
    with durable.cassandra() as session:
        assert commit_log_sync(session) == ("batch", "0ms")
    assert flush_messages(durable.settings) == "1"


def test_services_leave_the_disk_to_the_kernel_unless_told_otherwise(side: SideStack, session: Session) -> None:
    assert commit_log_sync(session) == ("periodic", "10s")
    assert flush_messages(side.settings) == NEVER
