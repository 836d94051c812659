"""Faults and what is recorded meanwhile. Each scenario records units in its world; the checker judges afterwards."""

import time
from collections.abc import Callable, Mapping
from typing import Final

import psutil
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from barograph.store.ledger import Ledger
from barograph.transport.topics import create_topics
from tests.failure.world import World

Scenario = Callable[[World], None]
WARM: Final = "temperature_2m"
SERVICE_RETRY_S: Final = 10
"""A third of the DAGs' first retry delay: a service needs its time to start."""


def produce_task_is_killed(world: World) -> None:
    """The produce process is killed (-9) at a random moment and tried again."""
    unit = world.unit(days=60)
    world.later(world.rng.uniform(0.05, 2), "kill -9 produce", world.driver.kill_producing)
    world.record(unit)


def frozen_produce_task_wakes_after_its_successor(world: World) -> None:
    """SIGSTOP of a produce process; a new try is committed; the old one goes on, and its attempt lands late."""
    unit = world.unit(days=60)
    zombie = world.driver.start_producing(unit)
    time.sleep(world.rng.uniform(0.2, 2))
    world.faults.append("SIGSTOP produce")
    psutil.Process(zombie.process.pid).suspend()
    world.order(revisions=[{"variable": WARM, "start": "2021-03-01T00:00", "end": "2021-04-01T00:00", "add": 1}])
    world.record(unit)
    psutil.Process(zombie.process.pid).resume()
    status, told = zombie.wait()
    world.last_fault_at = time.monotonic()
    if status == "done":
        world.faults.append("late load")
        assert world.driver.load(list(told))


def spark_driver_is_killed(world: World) -> None:
    """The load is killed (-9) with its JVM at a random moment and tried again."""
    attempts = world.driver.produce(world.remember(world.unit(days=60)))
    world.driver.warm_up()
    world.later(world.rng.uniform(0.3, 6), "kill -9 load", world.driver.kill_loading)
    assert world.driver.load(attempts)


def service_is_killed(world: World, name: str) -> None:
    """A service is killed (-9) at a random moment of produce or load; supervisord starts it again."""
    world.driver.retry_delay_s = SERVICE_RETRY_S
    world.later(world.rng.uniform(0.1, 8), f"kill -9 {name}", lambda: world.service(name).kill())
    world.record(world.unit(days=20))
    world.record(world.unit(days=20, later=10))


def broker_is_killed(world: World) -> None:
    """See `service_is_killed`."""
    service_is_killed(world, "kafka")


def cassandra_is_killed(world: World) -> None:
    """See `service_is_killed`."""
    service_is_killed(world, "cassandra")


def topic_is_made_anew_before_the_load(world: World) -> None:
    """The topic is deleted and created between produce and load."""
    unit = world.remember(world.unit())
    attempts = world.driver.produce(unit)
    servers, topic = world.settings.kafka_bootstrap_servers, world.settings.hourly_data_topic
    admin = AdminClient({"bootstrap.servers": servers})
    admin.delete_topics([topic])[topic].result(30)
    until = time.monotonic() + 30
    while not create_topics(servers, [topic]) and time.monotonic() < until:
        time.sleep(0.5)
    world.struck("topic anew")
    world.load_or_clear(unit, attempts)


def records_are_gone_before_the_load(world: World) -> None:
    """DeleteRecords takes part of the attempt's range away between produce and load."""
    unit = world.remember(world.unit())
    attempts = world.driver.produce(unit)
    (attempt,) = Ledger(world.session, world.settings.cassandra_keyspace).get(attempts)
    assert attempt.manifest
    admin = AdminClient({"bootstrap.servers": world.settings.kafka_bootstrap_servers})
    for partition, (start, end) in attempt.manifest.ranges.items():
        upto = TopicPartition(attempt.manifest.topic, partition, world.rng.randint(start + 1, end))
        admin.delete_records([upto])[upto].result(30)
    world.struck("DeleteRecords")
    world.load_or_clear(unit, attempts)


def old_load_comes_after_a_new_one(world: World) -> None:
    """An attempt is loaded after a newer one, over values that were revised and nulled in between."""
    wide, narrow = world.unit((WARM, "rain"), days=10), world.unit((WARM,), days=4, later=3)
    old = world.driver.produce(world.remember(wide))
    world.order(revisions=[{"variable": WARM, "start": "2021-03-01T00:00", "end": "2021-03-06T00:00", "add": 3}])
    world.order(revisions=[{"variable": WARM, "start": "2021-03-04T05:00", "end": "2021-03-05T09:00", "is_null": True}])
    world.record(narrow)
    world.struck("old load late")
    assert world.driver.load(old)


def clock_is_set_back(world: World) -> None:
    """The produce task's clock is two minutes ahead, the load's right; then one minute late, then right: all of it counts."""
    world.struck("clock +2 min, then -1 min, then right")
    unit = world.unit()
    for ahead_s in (120, -60, 0):
        world.driver.clock_ahead_us = ahead_s * 1_000_000
        world.order(revisions=[{"variable": WARM, "start": "2021-03-01T00:00", "end": "2021-03-02T00:00", "add": 1}])
        world.record(unit)


def source_answers_badly_now_and_then(world: World) -> None:
    """Every second or third answer of the source is spoilt, each time otherwise."""
    kinds = ["429", "500", "502", "503", "504", "cut", "reset", "empty", "error-object", "stream-error", "nan", "hole"]
    world.rng.shuffle(kinds)
    world.struck("source: " + " ".join(kinds[:5]))
    for number, kind in enumerate(kinds[:5]):
        world.order({"fault": kind, "times": 1})
        world.record(world.unit(days=2, later=number))


SCENARIOS: Final[Mapping[str, Scenario]] = {
    scenario.__name__: scenario
    for scenario in (
        produce_task_is_killed,
        frozen_produce_task_wakes_after_its_successor,
        spark_driver_is_killed,
        broker_is_killed,
        cassandra_is_killed,
        topic_is_made_anew_before_the_load,
        records_are_gone_before_the_load,
        old_load_comes_after_a_new_one,
        clock_is_set_back,
        source_answers_badly_now_and_then,
    )
}
