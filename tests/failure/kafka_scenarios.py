"""Records that are gone, recreated, doubled or foreign between produce and load."""

import time
from typing import Final

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from barograph.store.store import Store
from barograph.transport.client import client_config
from barograph.transport.topics import create_topics
from tests.failure.filling import fill, load_or_fill
from tests.failure.harm import spoilt_topic
from tests.failure.world import World


def topic_is_made_anew_before_the_load(world: World) -> None:
    """The topic is deleted and created between produce and load: the load says so, a fill asks again."""
    attempts = world.driver.produce(world.remember(world.chunk()))
    client, topic = client_config(world.settings), world.settings.hourly_data_topic
    admin = AdminClient(client)
    admin.delete_topics([topic])[topic].result(30)
    until = time.monotonic() + 30
    while not create_topics(client, [topic]) and time.monotonic() < until:
        time.sleep(0.5)
    world.struck("topic anew")
    load_or_fill(world, attempts)


def records_are_gone_before_the_load(world: World) -> None:
    """DeleteRecords, as retention does, takes part of the range away between produce and load: a fill asks again."""
    attempts = world.driver.produce(world.remember(world.chunk()))
    delete_records(world, attempts)
    load_or_fill(world, attempts)


def records_are_gone_before_anybody_loads(world: World) -> None:
    """The same, and no load is even tried: the fill finds the attempt and asks again."""
    delete_records(world, world.driver.produce(world.remember(world.chunk())))
    assert fill(world)


def delete_records(world: World, attempt_ids: list[str]) -> None:
    """Let Kafka forget a random part of what the attempt sent."""
    with world.side.cassandra() as session:
        (attempt,) = Store(session, world.settings).ledger.get(attempt_ids)
    assert attempt.manifest
    admin = AdminClient(client_config(world.settings))
    for partition, (start, end) in attempt.manifest.ranges.items():
        upto = TopicPartition(attempt.manifest.topic, partition, world.rng.randint(start + 1, end))
        admin.delete_records([upto])[upto].result(30)
    world.struck("DeleteRecords")


def duplicates_and_poison_come_in_between(world: World) -> None:
    """While records are sent, copies of them and foreign ones are put among them."""
    copies = world.rng.randint(1, 20)
    with spoilt_topic(world, copies):
        attempts = world.driver.produce(world.remember(world.chunk(days=150)))
    world.struck(f"poison, up to {copies} duplicates")
    load_or_fill(world, attempts)


SCENARIOS: Final = (
    topic_is_made_anew_before_the_load,
    records_are_gone_before_the_load,
    records_are_gone_before_anybody_loads,
    duplicates_and_poison_come_in_between,
)
