"""Delivery against librdkafka's own mock cluster, which runs inside this process."""

import socket
import time
import zlib
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from barograph.errors import DeliveryFailed, RequestRefused
from barograph.transport.client import KafkaRefused
from barograph.transport.delivery import DEFAULTS, REQUIRED, Delivery
from barograph.transport.record import Headers

HEADERS: Headers = [("attempt_id", b"open-meteo/dwd-icon/hourly/1"), ("schema", b"1")]
RECORDS = [(f"place {n % 7}".encode(), f"value {n}".encode()) for n in range(500)]


def make_producer(**config: str | int) -> Producer:
    """A producer as the operator makes it, with an in-process mock cluster and these settings."""
    mock: dict[str, str | int | bool] = {
        "bootstrap.servers": "ignored:1",
        "test.mock.num.brokers": 1,
        "log_level": 0,
        "linger.ms": 0,
    }
    return Producer({**DEFAULTS, **mock, **{name.replace("_", "."): value for name, value in config.items()}, **REQUIRED})


def deliver(producer: Producer, topic: str = "hourlymetrics") -> Delivery:
    """A delivery of one attempt."""
    return Delivery(producer, topic, "topic-id", HEADERS)


@pytest.fixture(scope="module")
def producer() -> Producer:
    """One mock cluster for all tests that only add to it."""
    return make_producer()


def test_the_manifest_counts_what_kafka_acknowledged(producer: Producer) -> None:
    delivery = deliver(producer, "counted")
    delivery.add(RECORDS)
    manifest = delivery.flush(10)
    assert (manifest.topic, manifest.topic_id, manifest.count) == ("counted", "topic-id", 500)
    assert sum(end - start for start, end in manifest.ranges.values()) == 500


def test_the_digest_is_the_sum_of_the_checksums(producer: Producer) -> None:
    delivery = deliver(producer, "digested")
    delivery.add(RECORDS)
    assert delivery.flush(10).record_digest == sum(zlib.crc32(key + value) for key, value in RECORDS) % 2**64


def test_a_second_attempt_begins_where_the_first_ended(producer: Producer) -> None:
    ranges = []
    for _ in range(2):
        delivery = deliver(producer, "twice")
        delivery.add([(b"one key", b"value")] * 3)
        ((_, span),) = delivery.flush(10).ranges.items()
        ranges.append(span)
    assert ranges == [(0, 3), (3, 6)]


def test_an_attempt_without_records_has_an_empty_manifest(producer: Producer) -> None:
    manifest = deliver(producer, "empty").flush(10)
    assert (manifest.count, manifest.ranges, manifest.record_digest) == (0, {}, 0)


def test_every_record_carries_the_headers() -> None:
    producer = make_producer()
    delivery = deliver(producer)
    delivery.add([(b"key", b"value")])
    ((partition, (start, _)),) = delivery.flush(10).ranges.items()
    address = next(iter(producer.list_topics(timeout=5).brokers.values()))
    consumer = Consumer({"bootstrap.servers": f"{address.host}:{address.port}", "group.id": "reader", "log_level": 0})
    try:
        consumer.assign([TopicPartition("hourlymetrics", partition, start)])
        message = consumer.poll(10)
    finally:
        consumer.close()
    assert message is not None
    assert (message.key(), message.value(), message.headers()) == (b"key", b"value", HEADERS)


def test_a_full_local_queue_is_waited_for() -> None:
    delivery = deliver(make_producer(**{"queue.buffering.max.messages": 5}))
    delivery.add(RECORDS[:30])
    assert delivery.flush(10).count == 30


def test_a_record_larger_than_the_topic_takes_is_refused(producer: Producer) -> None:
    with pytest.raises(RequestRefused, match="does not take a record of 2000000 bytes"):
        deliver(producer).add([(b"key", b"x" * 2_000_000)])


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def unreachable(port: int, **config: str | int) -> Producer:
    """A producer whose broker is not there."""
    broker = {"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0, "linger.ms": 0, "message.timeout.ms": 200}
    return Producer({**DEFAULTS, **broker, **config, **REQUIRED})


def add_for(delivery: Delivery, seconds: float) -> None:
    """Add records for so long, a hundred a second."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        delivery.add([(b"key", b"value")])
        time.sleep(0.01)


def test_a_broker_that_is_not_there_fails_the_attempt_with_counts(closed_port: int) -> None:
    delivery = deliver(unreachable(closed_port))
    delivery.add(RECORDS[:10])
    with pytest.raises(DeliveryFailed, match="0 of 10 records acknowledged"):
        delivery.flush(10)


def test_no_more_is_sent_after_a_loss(closed_port: int) -> None:
    delivery = deliver(unreachable(closed_port))
    with pytest.raises(DeliveryFailed, match="records acknowledged"):
        add_for(delivery, seconds=10)


def test_a_queue_that_never_empties_fails_the_attempt(closed_port: int) -> None:
    delivery = deliver(unreachable(closed_port, **{"queue.buffering.max.messages": 2}))
    delivery.add([(b"key", b"value")])
    delivery.add([(b"key", b"value")])
    with pytest.raises(DeliveryFailed, match="of 2 records acknowledged"):
        delivery.add([(b"key", b"value")])


def test_what_is_not_acknowledged_in_time_fails_the_attempt(closed_port: int) -> None:
    delivery = deliver(unreachable(closed_port, **{"message.timeout.ms": 60_000}))
    delivery.add([(b"key", b"value")])
    with pytest.raises(DeliveryFailed, match=r"0 of 1 records acknowledged \(the broker did not answer in time\)"):
        delivery.flush(0.2)


Report = Callable[[KafkaError | None, Message], None]


class Rejecting(Producer):
    """A producer whose broker answers every second record with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__({"bootstrap.servers": "ignored:1", "test.mock.num.brokers": 1, "log_level": 0})
        self.code, self.count = code, 0

    def produce(  # type: ignore[override]  # as Delivery calls it
        self, topic: str, value: bytes, key: bytes, _partition: int, report: Report, _too: Report, _timestamp: int, _: Headers
    ) -> None:
        """Report at once."""
        self.count += 1
        error = KafkaError(self.code) if self.count % 2 == 0 else None
        report(error, Message(topic=topic, partition=0, offset=self.count, key=key, value=value))


def test_one_rejected_record_among_good_ones_fails_the_attempt() -> None:
    delivery = deliver(Rejecting(KafkaError.REQUEST_TIMED_OUT))
    delivery.add([(b"key", b"1"), (b"key", b"2")])
    with pytest.raises(DeliveryFailed, match="1 of 2 records acknowledged"):
        delivery.flush(1)


def test_a_record_that_the_broker_finds_too_large_is_refused_for_good() -> None:
    delivery = deliver(Rejecting(KafkaError.MSG_SIZE_TOO_LARGE))
    delivery.add([(b"key", b"1"), (b"key", b"2")])
    with pytest.raises(RequestRefused):
        delivery.flush(1)


class Doomed(Producer):
    """A producer with a fatal error, which the library raises, or Python when a report was on its way at that moment."""

    def __init__(self, *, is_in_report: bool) -> None:
        super().__init__({"bootstrap.servers": "ignored:1", "test.mock.num.brokers": 1, "log_level": 0})
        self.is_in_report = is_in_report

    def poll(self, timeout: float = -1) -> int:
        """Nothing yet."""
        return 0

    def flush(self, timeout: float = -1) -> int:
        """The error."""
        error = KafkaException(KafkaError(KafkaError.CLUSTER_AUTHORIZATION_FAILED, "no PID"))
        if self.is_in_report:
            raise SystemError("a result with an exception set") from error
        raise error


@pytest.mark.parametrize("is_in_report", [True, False])
def test_a_right_that_lacks_ends_the_delivery_for_good_with_its_remedy(is_in_report: bool) -> None:
    delivery = deliver(Doomed(is_in_report=is_in_report))
    delivery.add([(b"key", b"1")])
    with pytest.raises(KafkaRefused, match=r"0 of 1 records acknowledged \(no PID\).* grant the user of the connection"):
        delivery.flush(5)


class Purging(Doomed):
    """The same where the records are given up first, and the cause is told after that."""

    def __init__(self) -> None:
        super().__init__(is_in_report=False)
        self.is_purged = False

    def poll(self, timeout: float = -1) -> int:
        """The error, once the records are gone."""
        return super().flush(timeout) if self.is_purged else 0

    def flush(self, timeout: float = -1) -> int:
        """Their reports."""
        self.purge()
        self.is_purged = True
        return Producer.poll(self, timeout)


def test_records_that_were_given_up_are_reported_with_their_cause() -> None:
    delivery = deliver(Purging())
    delivery.add([(b"key", b"1")])
    with pytest.raises(KafkaRefused, match=r"0 of 1 records acknowledged \(no PID\).* grant the user of the connection"):
        delivery.flush(5)


def test_the_promise_wins_over_the_connection() -> None:
    assert REQUIRED == {"acks": "all", "enable.idempotence": True, "compression.type": "lz4"}
    assert set(REQUIRED).isdisjoint(DEFAULTS)
