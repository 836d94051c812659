"""Delivery with proof: every record sent is acknowledged by Kafka, or the attempt fails."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, starmap
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from barograph.errors import DeliveryFailed, RequestRefused
from barograph.model.attempt import DIGEST_MODULUS, Manifest
from barograph.transport.client import NO_RIGHT, ClientConfig, KafkaRefused, Refusals, of_every_client
from barograph.transport.record import Headers, Record, checksum

REQUIRED: Final[Mapping[str, str | int | bool]] = {"acks": "all", "enable.idempotence": True, "compression.type": "lz4"}
"""Producer settings that the promise depends on: they win over the connection's."""

DEFAULTS: Final[Mapping[str, str | int | bool]] = {
    "linger.ms": 5,
    "batch.size": 131_072,
    "message.timeout.ms": 60_000,
    "queue.buffering.max.messages": 50_000,
    "queue.buffering.max.kbytes": 65_536,
}
"""Bounds of memory and patience; the connection may say otherwise."""

AT_ONCE: Final = 250
IN_FLIGHT: Final = 3000
"""Records whose reports are awaited before more are made, so that they stay in the processor's cache: docs/decisions/0037."""
ANY_PARTITION: Final = -1
NOW: Final = 0

REFUSED: Final = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_CONFIG}

PURGED: Final = {KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT}
"""How records end that wait when the producer has a fatal error; what it is comes separately, before or after."""
CAUSE_WITHIN_S: Final = 5


def open_producer(config: ClientConfig) -> Producer:
    """A producer for deliveries; `config` says where Kafka is, and may be more patient or have more memory than DEFAULTS."""
    wanted: dict[str, Any] = {"error_cb": Refusals(of_every_client(config))}
    return Producer({**DEFAULTS, **wanted, **config, **REQUIRED})


class Delivery:
    """The records of one attempt on their way: `add` collects, `flush` confirms every one of them.

    Counts are taken from Kafka's delivery reports alone. A failed flush means: nothing of this attempt may be loaded.
    """

    def __init__(self, producer: Producer, topic: str, topic_id: str, headers: Headers) -> None:
        self._producer, self._topic, self._topic_id, self._headers = producer, topic, topic_id, headers
        self._starts: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self.sent = self.delivered = self._digest = 0
        self._error: KafkaError | None = None

    def add(self, records: Iterable[Record]) -> None:
        """Queue records; waits while more than IN_FLIGHT of them are on their way.

        Raises:
            DeliveryFailed: a record sent before was not acknowledged; the rest is not sent any more.
            RequestRefused: the record is larger than the topic takes.
        """
        left = iter(records)
        while batch := list(islice(left, AT_ONCE)):
            self._queue(batch)
            self._digest += sum(starmap(checksum, batch))
            self._take_reports(0)
            while len(self._producer) > IN_FLIGHT and not self._error:
                self._take_reports(0.1)

    def _queue(self, records: Sequence[Record]) -> None:
        produce, topic, headers, report = self._producer.produce, self._topic, self._headers, self._report
        for key, value in records:
            while not self._error:
                try:
                    # by position, which takes 2.0 µs; by name it is 2.7
                    produce(topic, value, key, ANY_PARTITION, report, report, NOW, headers)
                    self.sent += 1
                    break
                except BufferError:
                    self._take_reports(0.1)
                except KafkaException as error:
                    if error.args[0].code() in REFUSED:
                        raise RequestRefused(f"topic {topic} does not take a record of {len(value)} bytes: {error}") from error
                    raise DeliveryFailed(f"topic {topic}: {error}") from error
            else:
                self._await_cause()
                raise self._loss()

    def flush(self, timeout_s: float) -> Manifest:
        """Wait until every record is acknowledged, and say where they are.

        Raises:
            DeliveryFailed: records were rejected, or not acknowledged within `timeout_s`.
            RequestRefused: a record is larger than the broker takes.
            KafkaRefused: the user may not write to the topic.
        """
        ends_at = time.monotonic() + timeout_s
        while self.delivered < self.sent and not self._error and time.monotonic() < ends_at:
            self._take_reports(min(1.0, timeout_s), self._producer.flush)
        if self._error or self.delivered != self.sent:
            self._await_cause()
            raise self._loss()
        ranges = {partition: (self._starts[partition], self._ends[partition]) for partition in sorted(self._ends)}
        return Manifest(self._topic, self._topic_id, ranges, self.delivered, self._digest % DIGEST_MODULUS)

    def _take_reports(self, seconds: float, call: Callable[[float], int] | None = None) -> None:
        """Let the producer work and call `_report`; a fatal error, such as a right that lacks, is what the delivery ends with.

        The library raises it while it still calls `_report`, which Python calls a SystemError, with the error as its cause.
        """
        try:
            (call or self._producer.poll)(seconds)
        except KafkaException as error:
            self._note(error.args[0])
        except SystemError as error:
            if not isinstance(error.__cause__, KafkaException):
                raise
            self._note(error.__cause__.args[0])

    def _note(self, error: KafkaError) -> None:
        """Remember the first error; a fatal one is the cause of records that were purged."""
        if self._error is None or self._error.code() in PURGED:
            self._error = error

    def _await_cause(self) -> None:
        ends_at = time.monotonic() + CAUSE_WITHIN_S
        while self._error and self._error.code() in PURGED and time.monotonic() < ends_at:
            self._take_reports(0.1)

    def _report(self, error: KafkaError | None, message: Message) -> None:
        partition, offset = message.partition(), message.offset()
        if error is not None or partition is None or offset is None:
            self._note(error or KafkaError(KafkaError.UNKNOWN))
            return
        self.delivered += 1
        if offset >= self._ends.get(partition, 0):
            self._ends[partition] = offset + 1
        if offset < self._starts.setdefault(partition, offset):
            self._starts[partition] = offset

    def _loss(self) -> DeliveryFailed | RequestRefused | KafkaRefused:
        why = self._error.str() if self._error else "the broker did not answer in time"
        lost = f"topic {self._topic}: {self.delivered} of {self.sent} records acknowledged ({why}). Nothing of this is loaded; "
        if self._error and self._error.code() in NO_RIGHT:
            return KafkaRefused(lost + "grant the user of the connection the right to write to it (docs/operations.md)")
        if self._error and self._error.code() in REFUSED:
            return RequestRefused(lost + "ask for fewer variables, or raise the topic's max.message.bytes")
        return DeliveryFailed(lost + "look at the broker, the next try sends all of it again")
