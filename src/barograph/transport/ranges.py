"""What Kafka still holds of a manifest, and its single records."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Final

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from barograph.errors import RequestRefused
from barograph.model.attempt import Manifest
from barograph.model.observation import ATTEMPT_ID
from barograph.transport.record import decode
from barograph.transport.topics import TIMEOUT_S, BrokerUnavailable, TopicMissing, topic_id

BATCH: Final = 1000
"""Records asked for at once while a range is read."""


WhyGone = Callable[[Manifest], str]
"""Why Kafka does not hold every offset of a manifest any more; empty = it does."""


@contextmanager
def looking_at_kafka(bootstrap_servers: str) -> Iterator[WhyGone]:
    """A function that says whether manifests are still held; it looks up each topic and partition once.

    Raises:
        BrokerUnavailable: Kafka does not answer.
    """
    with _consumer(bootstrap_servers) as consumer:

        @cache
        def id_of(topic: str) -> str:
            """The topic's id; empty = there is no such topic."""
            try:
                return topic_id(bootstrap_servers, topic)
            except TopicMissing:
                return ""

        @cache
        def held(topic: str, partition: int) -> tuple[int, int]:
            """The first offset that is kept, and the one after the last."""
            first, after_last = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=TIMEOUT_S)
            return int(first), int(after_last)

        def why_gone(manifest: Manifest) -> str:
            """See `WhyGone`."""
            topic = manifest.topic
            if id_of(topic) != manifest.topic_id:
                return f"topic {topic} was recreated since" if id_of(topic) else f"topic {topic} does not exist any more"
            for partition, (start, end) in manifest.ranges.items():
                first, after_last = held(topic, partition)
                if start < first or end > after_last:
                    return (
                        f"offsets {start} to {end - 1} of {topic}, partition {partition}, which holds {first} to {after_last - 1}"
                    )
            return ""

        yield why_gone


def is_kept(bootstrap_servers: str, manifest: Manifest) -> bool:
    """Whether Kafka still holds every offset of `manifest`, in the topic it was sent to and not one that was recreated.

    Raises:
        BrokerUnavailable: Kafka does not answer.
    """
    with looking_at_kafka(bootstrap_servers) as why_gone:
        return not why_gone(manifest)


def read_range(bootstrap_servers: str, manifest: Manifest, attempt_id: str) -> Iterator[Message]:
    """The records of `attempt_id` in the ranges of `manifest`, which Kafka still holds (`is_kept`), partition by partition.

    Raises:
        BrokerUnavailable: Kafka does not answer, or stops answering.
    """
    own_header = (ATTEMPT_ID, attempt_id.encode())
    with _consumer(bootstrap_servers) as consumer:
        for partition, (start, end) in manifest.ranges.items():
            consumer.assign([TopicPartition(manifest.topic, partition, start)])
            position = start
            while position < end:
                messages = consumer.consume(min(BATCH, end - position), timeout=TIMEOUT_S)
                if not messages:
                    raise BrokerUnavailable(f"topic {manifest.topic} returns nothing at offset {position}: look at the broker")
                for message in messages:
                    position = (message.offset() or 0) + 1
                    if message.error() is None and own_header in (message.headers() or []):
                        yield message


@contextmanager
def _consumer(bootstrap_servers: str) -> Iterator[Consumer]:
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": "barograph", "enable.auto.commit": False})
    try:
        yield consumer
    except KafkaException as error:
        raise BrokerUnavailable(f"Kafka at {bootstrap_servers} does not answer: {error}") from error
    finally:
        consumer.close()


def find_record(
    bootstrap_servers: str, manifest: Manifest, attempt_id: str, location_id: str, time: str
) -> tuple[int, int] | None:
    """Partition and offset of the attempt's record of `location_id` at `time` (as in `Observation.time`); None = not kept.

    Raises:
        BrokerUnavailable: Kafka does not answer.
    """
    if not is_kept(bootstrap_servers, manifest):
        return None
    for message in read_range(bootstrap_servers, manifest, attempt_id):
        key, value, partition, offset = message.key(), message.value(), message.partition(), message.offset()
        if key == location_id.encode() and isinstance(value, bytes) and partition is not None and offset is not None:
            with suppress(RequestRefused):  # not a record: it is in quarantine
                if decode(value).time == time:
                    return partition, offset
    return None
