"""Attempts with hand-made values, sent through the real Kafka: what a produce task does, without its source."""

from collections.abc import Mapping, Sequence
from datetime import date

from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.variables import Value
from barograph.model.window import Window
from barograph.sources.port import Cell, Series
from barograph.store.store import Store
from barograph.transport.client import client_config
from barograph.transport.delivery import Delivery, open_producer
from barograph.transport.record import Record, encode, headers
from barograph.transport.topics import topic_id

DAY = date(2020, 5, 1)


def hours_of(source: str, variables: Sequence[str], location: str = "1,2") -> Chunk:
    """The 24 hours of `DAY` at one place."""
    return Chunk(source, "hourly", (Location.from_id(location),), tuple(variables), Window.from_days(DAY, DAY))


def send(store: Store, chunk: Chunk, columns: Mapping[str, Sequence[Value]], run_id: str | None = None) -> Attempt:
    """Open an attempt at `chunk`, send `columns` (one value per hour) for each of its places, and mark it EXTRACTED.

    `run_id`: it is of the produce task of its resolution in that run; None = of no run.
    """
    return send_records(store, chunk, records_of(chunk, columns), run_id=run_id)


def records_of(chunk: Chunk, columns: Mapping[str, Sequence[Value]]) -> list[Record]:
    """Key and value of each hour of `chunk` with these values, place by place."""
    at = ":00Z" if chunk.resolution == "hourly" else ""
    times = [f"{time}{at}" for time in chunk.window.times(chunk.resolution)]
    series = [Series(location, Cell(1, 2, None), times, columns) for location in chunk.locations]
    return [encode(observation) for one in series for observation in one.observations(chunk.source)]


def send_records(
    store: Store,
    chunk: Chunk,
    records: Sequence[Record],
    foreign: Sequence[Record] = (),
    run_id: str | None = None,
) -> Attempt:
    """The same with records as they are; `foreign` ones go without headers straight before the last."""
    settings, ledger, generation = store.settings, store.ledger, None
    if run_id:
        task = f"produce_{chunk.resolution}_metrics"
        generation = store.generations.enter("test_dag", run_id, task, is_retry=True, force=False)
    producer = open_producer(client_config(settings))
    attempt = ledger.open(chunk, run_id or "test", "test", generation)
    topic = settings.topic(chunk.resolution)
    delivery = Delivery(producer, topic, topic_id(client_config(settings), topic), headers(attempt))
    delivery.add(records[:-1])
    delivery.flush(30)
    for key, value in foreign:
        producer.produce(topic, value, key)
    producer.flush(30)
    delivery.add(records[-1:])
    ledger.mark_extracted(attempt, delivery.flush(30))
    return attempt
