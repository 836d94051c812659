"""Attempts with hand-made values, sent through the real Kafka: what a produce task does, without its source."""

from collections.abc import Mapping, Sequence
from datetime import date

from cassandra.cluster import Session
from confluent_kafka import Producer

from barograph.model.attempt import Attempt
from barograph.model.location import Location
from barograph.model.unit import Unit
from barograph.model.variables import Value
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources.port import Cell, Series
from barograph.store.ledger import Ledger
from barograph.transport.delivery import REQUIRED, Delivery
from barograph.transport.record import Record, encode, headers
from barograph.transport.topics import topic_id

DAY = date(2020, 5, 1)


def hours_of(source: str, variables: Sequence[str], location: str = "1,2") -> Unit:
    """The 24 hours of `DAY` at one place."""
    return Unit(source, "hourly", (Location.from_id(location),), tuple(variables), Window.from_days(DAY, DAY))


def send(
    settings: Settings, session: Session, unit: Unit, columns: Mapping[str, Sequence[Value]], dag_run: str = "test"
) -> Attempt:
    """Open an attempt at `unit`, send `columns` (one value per hour) for each of its places, and mark it EXTRACTED."""
    return send_records(settings, session, unit, records_of(unit, columns), dag_run=dag_run)


def records_of(unit: Unit, columns: Mapping[str, Sequence[Value]]) -> list[Record]:
    """Key and value of each hour of `unit` with these values, place by place."""
    at = ":00Z" if unit.resolution == "hourly" else ""
    times = [f"{time}{at}" for time in unit.window.times(unit.resolution)]
    series = [Series(location, Cell(1, 2, None), times, columns) for location in unit.locations]
    return [encode(observation) for one in series for observation in one.observations(unit.source)]


def send_records(
    settings: Settings,
    session: Session,
    unit: Unit,
    records: Sequence[Record],
    foreign: Sequence[Record] = (),
    dag_run: str = "test",
) -> Attempt:
    """The same with records as they are; `foreign` ones go without headers straight before the last."""
    producer = Producer({"bootstrap.servers": settings.kafka_bootstrap_servers, **REQUIRED})
    ledger = Ledger(session, settings.cassandra_keyspace)
    attempt = ledger.open(unit, dag_run=dag_run, task="test")
    topic = settings.topic(unit.resolution)
    delivery = Delivery(producer, topic, topic_id(settings.kafka_bootstrap_servers, topic), headers(attempt))
    delivery.add(records[:-1])
    delivery.flush(30)
    for key, value in foreign:
        producer.produce(topic, value, key)
    producer.flush(30)
    delivery.add(records[-1:])
    ledger.mark_extracted(attempt, delivery.flush(30))
    return attempt
