"""What Kafka still holds of a manifest, and its single records."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Final

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin._listoffsets import EarliestSpec, LatestSpec

from barograph.errors import RequestRefused
from barograph.model.attempt import Manifest
from barograph.model.observation import ATTEMPT_ID
from barograph.transport.client import Admin, BrokerUnavailable, ClientConfig, Refusals, explain_error
from barograph.transport.record import decode
from barograph.transport.topics import TIMEOUT_S, TopicMissing, topic_id

GROUP: Final = "barograph"
"""The consumer group, or the beginning of its name: what the right to read a group is given for."""
BATCH: Final = 1000
"""Records asked for at once while a range is read."""


WhyGone = Callable[[Manifest], str]
"""Why Kafka does not hold every offset of a manifest any more; empty = it does."""


def looking_at_kafka(client: ClientConfig) -> WhyGone:
    """A function that says whether manifests are still held; it looks up each topic and partition once.

    What it asks for needs no right to read. It raises:
        BrokerUnavailable: Kafka does not answer.
        KafkaRefused: it refuses the login or the right.
    """
    admin = Admin(client)

    @cache
    def id_of(topic: str) -> str:
        """The topic's id; empty = there is no such topic."""
        try:
            return topic_id(client, topic)
        except TopicMissing:
            return ""

    @cache
    def held(topic: str, partition: int) -> tuple[int, int]:
        """The first offset that is kept, and the one after the last."""
        doing = f"list the offsets of topic {topic}"
        place, ends = TopicPartition(topic, partition), (EarliestSpec(), LatestSpec())  # type: ignore[no-untyped-call]  # the library's
        try:
            asked = [admin.list_offsets({place: at}, request_timeout=TIMEOUT_S) for at in ends]
            first, after_last = (int(admin.answer(found[place], doing).offset) for found in asked)
        except KafkaException as error:
            raise explain_error(client, error.args[0], doing) from error
        return first, after_last

    def why_gone(manifest: Manifest) -> str:
        """See `WhyGone`."""
        topic = manifest.topic
        if id_of(topic) != manifest.topic_id:
            return f"topic {topic} was recreated since" if id_of(topic) else f"topic {topic} does not exist any more"
        for partition, (start, end) in manifest.ranges.items():
            first, after_last = held(topic, partition)
            if start < first or end > after_last:
                return f"offsets {start} to {end - 1} of {topic}, partition {partition}, which holds {first} to {after_last - 1}"
        return ""

    return why_gone


def is_kept(client: ClientConfig, manifest: Manifest) -> bool:
    """Whether Kafka still holds every offset of `manifest`, in the topic it was sent to and not one that was recreated.

    Raises:
        BrokerUnavailable: Kafka does not answer.
        KafkaRefused: it refuses the login or the right.
    """
    return not looking_at_kafka(client)(manifest)


def read_range(client: ClientConfig, manifest: Manifest, attempt_id: str) -> Iterator[Message]:
    """The records of `attempt_id` in the ranges of `manifest`, which Kafka still holds (`is_kept`), partition by partition.

    Raises:
        BrokerUnavailable: Kafka does not answer, or stops answering.
        KafkaRefused: it refuses the login or the right.
    """
    own_header = (ATTEMPT_ID, attempt_id.encode())
    with _consumer(client) as consumer:
        for partition, (start, end) in manifest.ranges.items():
            consumer.assign([TopicPartition(manifest.topic, partition, start)])
            position = start
            while position < end:
                messages = consumer.consume(min(BATCH, end - position), timeout=TIMEOUT_S)
                if not messages:
                    raise BrokerUnavailable(f"topic {manifest.topic} returns nothing at offset {position}: look at the broker")
                for message in messages:
                    if error := message.error():
                        raise explain_error(client, error, f"return topic {manifest.topic}")
                    position = (message.offset() or 0) + 1
                    if own_header in (message.headers() or []):
                        yield message


@contextmanager
def _consumer(client: ClientConfig) -> Iterator[Consumer]:
    consumer = Consumer({**client, "group.id": GROUP, "enable.auto.commit": False, "error_cb": Refusals(client)})
    try:
        yield consumer
    except KafkaException as error:
        raise explain_error(client, error.args[0]) from error
    finally:
        consumer.close()


def find_record(client: ClientConfig, manifest: Manifest, attempt_id: str, location_id: str, time: str) -> tuple[int, int] | None:
    """Partition and offset of the attempt's record of `location_id` at `time` (as in `Observation.time`); None = not kept.

    Raises:
        BrokerUnavailable: Kafka does not answer.
        KafkaRefused: it refuses the login or the right.
    """
    if not is_kept(client, manifest):
        return None
    for message in read_range(client, manifest, attempt_id):
        key, value, partition, offset = message.key(), message.value(), message.partition(), message.offset()
        if key == location_id.encode() and isinstance(value, bytes) and partition is not None and offset is not None:
            with suppress(RequestRefused):  # not a record: it is in quarantine
                if decode(value).time == time:
                    return partition, offset
    return None
