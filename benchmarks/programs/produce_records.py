"""Records into a topic from one process. Arguments: `ours`, `stock` or `stock-synchronous`, how many, and the topic.

Prints {"seconds": …}: encoding, sending and every acknowledgement; making up the answers is not counted.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from itertools import islice

from airflow.providers.apache.kafka.operators.produce import ProduceToTopicOperator

from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.orchestration.kafka import ProvenProducerHook
from barograph.orchestration.produce import FLUSH_TIMEOUT_S, encode_series
from barograph.settings import get_settings
from barograph.sources.port import Series
from barograph.transport.delivery import Delivery
from barograph.transport.record import headers
from barograph.transport.topics import topic_id
from benchmarks.rows import series_of, units_of

KAFKA = "kafka_default"


def main() -> None:
    """Send, and say how long it took."""
    way, rows, topic = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    chunks = units_of(rows, "bench/produce", get_settings())
    seconds = send_ours(chunks, topic) if way == "ours" else send_stock(chunks, rows, topic, synchronous=way != "stock")
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak mib": peak_mib}))


def send_ours(chunks: list[Chunk], topic: str) -> float:
    """As the produce task does, attempt by attempt."""
    hook = ProvenProducerHook(kafka_config_id=KAFKA)
    producer, known_id = hook.get_producer(), topic_id(hook.client, topic)
    seconds = 0.0
    for version, chunk in enumerate(chunks, start=1):
        answer = series_of(chunk)
        began = time.monotonic()
        delivery = Delivery(producer, topic, known_id, headers(Attempt(chunk, version, "OPEN", "benchmark", "benchmark")))
        delivery.add(encode_series(answer, chunk.source))
        delivery.flush(FLUSH_TIMEOUT_S)
        seconds += time.monotonic() - began
    return seconds


def send_stock(chunks: list[Chunk], rows: int, topic: str, *, synchronous: bool) -> float:
    """The stock operator with the answers ready; its records have the same key and value, and no headers."""
    answers = [(series_of(chunk), chunk.source) for chunk in chunks]

    def records() -> Iterator[tuple[bytes, bytes]]:
        yield from islice((record for answer, source in answers for record in _encoded(answer, source)), rows)

    operator = ProduceToTopicOperator(
        task_id="operator", topic=topic, producer_function=records, kafka_config_id=KAFKA, synchronous=synchronous
    )
    began = time.monotonic()
    operator.execute({})
    return time.monotonic() - began


def _encoded(answer: list[Series], source: str) -> Iterator[tuple[bytes, bytes]]:
    return encode_series(answer, source)


if __name__ == "__main__":
    main()
