"""Delivery with proof: every record sent is acknowledged by Kafka, or the attempt fails."""

import time
from collections.abc import Mapping
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from barograph.errors import DeliveryFailed, RequestRefused
from barograph.model.attempt import DIGEST_MODULUS, Manifest
from barograph.transport.record import Headers, checksum

REQUIRED: Final[Mapping[str, str | int | bool]] = {"acks": "all", "enable.idempotence": True, "compression.type": "lz4"}
"""Producer settings that the promise rests on: they win over the connection's."""

DEFAULTS: Final[Mapping[str, str | int | bool]] = {
    "linger.ms": 50,
    "message.timeout.ms": 60_000,
    "queue.buffering.max.messages": 50_000,
    "queue.buffering.max.kbytes": 65_536,
}
"""Bounds of memory and patience; the connection may say otherwise."""

REFUSED: Final = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_CONFIG}


class Delivery:
    """The records of one attempt on their way: `add` collects, `flush` confirms every one of them.

    Counts are taken from Kafka's delivery reports alone. A failed flush means: nothing of this attempt may be loaded.
    """

    def __init__(self, producer: Producer, topic: str, topic_id: str, headers: Headers) -> None:
        self._producer, self._topic, self._topic_id, self._headers = producer, topic, topic_id, headers
        self._ranges: dict[int, tuple[int, int]] = {}
        self.sent = self.delivered = self._digest = 0
        self._error: KafkaError | None = None

    def add(self, key: bytes, value: bytes) -> None:
        """Queue one record; waits while the local queue is full.

        Raises:
            DeliveryFailed: a record sent before was not acknowledged; the rest is not sent any more.
            RequestRefused: the record is larger than the topic takes.
        """
        while True:
            if self._error:
                raise self._loss()
            try:
                self._producer.produce(self._topic, value, key, headers=self._headers, on_delivery=self._report)
                break
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as error:
                if error.args[0].code() in REFUSED:
                    raise RequestRefused(f"topic {self._topic} does not take a record of {len(value)} bytes: {error}") from error
                raise DeliveryFailed(f"topic {self._topic}: {error}") from error
        self._producer.poll(0)
        self.sent += 1
        self._digest = (self._digest + checksum(key, value)) % DIGEST_MODULUS

    def flush(self, timeout_s: float) -> Manifest:
        """Wait until every record is acknowledged, and say where they are.

        Raises:
            DeliveryFailed: records were rejected, or not acknowledged within `timeout_s`.
            RequestRefused: a record is larger than the broker takes.
        """
        ends_at = time.monotonic() + timeout_s
        while self.delivered < self.sent and not self._error and time.monotonic() < ends_at:
            self._producer.flush(min(1.0, timeout_s))
        if self._error or self.delivered != self.sent:
            raise self._loss()
        return Manifest(self._topic, self._topic_id, dict(sorted(self._ranges.items())), self.delivered, self._digest)

    def _report(self, error: KafkaError | None, message: Message) -> None:
        partition, offset = message.partition(), message.offset()
        if error is not None or partition is None or offset is None:
            self._error = self._error or error or KafkaError(KafkaError.UNKNOWN)
            return
        self.delivered += 1
        start, end = self._ranges.get(partition, (offset, offset + 1))
        self._ranges[partition] = (min(start, offset), max(end, offset + 1))

    def _loss(self) -> DeliveryFailed | RequestRefused:
        why = self._error.str() if self._error else "the broker did not answer in time"
        lost = f"topic {self._topic}: {self.delivered} of {self.sent} records acknowledged ({why}). Nothing of this is loaded; "
        if self._error and self._error.code() in REFUSED:
            return RequestRefused(lost + "ask for fewer variables, or raise the topic's max.message.bytes")
        return DeliveryFailed(lost + "look at the broker, the next try sends all of it again")
