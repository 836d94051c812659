"""Topics: created explicitly, and identified by an id that changes when a topic is deleted and recreated."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import Final

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._topic import TopicDescription
from confluent_kafka.cimpl import NewTopic

from barograph.errors import Permanent
from barograph.transport.client import Admin, ClientConfig, KafkaRefused, explain_error

PARTITIONS: Final = 4
"""Parallel readers per topic; keys keep a location's records in one of them."""

CONFIG: Final[Mapping[str, str]] = {
    "message.timestamp.type": "LogAppendTime",  # weather time as record time would be past retention on arrival
    "cleanup.policy": "delete",  # compaction would remove records that a manifest names
    "retention.ms": str(7 * 24 * 3600 * 1000),
    "compression.type": "lz4",
}
TIMEOUT_S: Final = 30


class TopicMissing(Permanent):
    """The topic does not exist: run `barograph init`, then clear the produce task."""


class TopicUnfit(Permanent):
    """The topic may lose records that a manifest names: set what the message names, then clear the produce task."""


def create_topics(client: ClientConfig, names: Iterable[str], replicas: int = 1, min_insync_replicas: int = 1) -> list[str]:
    """Create the topics that are not there yet; returns their names.

    A record is kept by `replicas` brokers, and acknowledged once `min_insync_replicas` of them have it.

    Raises:
        BrokerUnavailable: Kafka does not answer.
        KafkaRefused: it refuses the login or the right.
    """
    admin = Admin(client)
    created = []
    config = {**CONFIG, "min.insync.replicas": str(min_insync_replicas)}
    wanted = [NewTopic(name, num_partitions=PARTITIONS, replication_factor=replicas, config=config) for name in names]
    made = admin.create_topics(wanted, request_timeout=TIMEOUT_S)
    for name, outcome in made.items():
        try:
            admin.answer(outcome, f"create topic {name}")
            created.append(name)
        except KafkaRefused as refused:
            if not _exists(client, name):
                raise refused from None
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise explain_error(client, error.args[0], f"create topic {name}") from error
    return created


def _exists(client: ClientConfig, name: str) -> bool:
    """Whether the topic is there: then it does not matter that this user may not create it."""
    try:
        return bool(topic_id(client, name))
    except (TopicMissing, KafkaRefused):
        return False


def topic_id(client: ClientConfig, name: str) -> str:
    """The id that Kafka gave the topic when it was created.

    Raises:
        TopicMissing: there is no such topic.
        BrokerUnavailable: Kafka does not answer.
        KafkaRefused: it refuses the login or the right.
    """
    admin, doing = Admin(client), f"describe topic {name}"
    future: Future[TopicDescription] = admin.describe_topics(TopicCollection([name]), request_timeout=TIMEOUT_S)[name]
    try:
        return str(admin.answer(future, doing).topic_id)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise TopicMissing(f"topic {name} does not exist: run `barograph init`, then clear the produce task") from error
        raise explain_error(client, error.args[0], doing) from error


def check_topic(client: ClientConfig, name: str) -> str:
    """The topic's id (see `topic_id`), of a topic that keeps every record until its retention ends.

    Raises:
        TopicUnfit: it is compacted.
        TopicMissing: there is no such topic.
        BrokerUnavailable: Kafka does not answer.
        KafkaRefused: it refuses the login or the right.
    """
    known_id = topic_id(client, name)
    resource = ConfigResource(ConfigResource.Type.TOPIC, name)
    admin, doing = Admin(client), f"describe the settings of topic {name}"
    try:
        settings = admin.answer(admin.describe_configs([resource], request_timeout=TIMEOUT_S)[resource], doing)
    except KafkaException as error:
        raise explain_error(client, error.args[0], doing) from error
    policy, wanted = settings["cleanup.policy"].value, CONFIG["cleanup.policy"]
    if policy != wanted:
        raise TopicUnfit(
            f"topic {name} has cleanup.policy={policy}: compaction removes records that a manifest names. "
            f"Set it to {wanted} (kafka-configs --alter), then clear the produce task"
        )
    return known_id
