"""What is done to a world: services frozen or away, a source that holds its answer, records spoilt in Kafka."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import psutil
from confluent_kafka import Consumer, Producer, TopicPartition

from barograph.transport.client import client_config
from stack.supervision import Supervisor
from tests.failure.driver import Driver
from tests.failure.tasks import Told
from tests.failure.world import World

HELD_S: Final = 5
POISON: Final = (None, b"", b"hello", b"\xff\xfe", b'{"location_id":null}', b"[" * 1000)
PARTITIONS: Final = 4


def freeze_service(world: World, name: str, seconds: float) -> None:
    """SIGSTOP now, SIGCONT after `seconds`."""
    process = world.service(name)
    process.suspend()
    time.sleep(seconds)
    process.resume()


def keep_away(world: World, name: str, seconds: float) -> None:
    """Stop a service, start it again after `seconds`."""
    supervisor = Supervisor(world.settings)
    supervisor.stop([name])
    time.sleep(seconds)
    supervisor.start(name)


def kill_produce(world: World, seconds: float) -> None:
    """Kill -9 the produce process `seconds` after it has begun."""
    until = time.monotonic() + 60
    while world.driver.producing is None and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(seconds)
    world.driver.kill_producing()


def kill_half_of_the_load(world: World) -> None:
    """Kill -9 either the JVM of the load process or the Python that drives it."""
    if loading := world.driver.loading:
        itself = psutil.Process(loading.process.pid)
        world.rng.choice([itself, *itself.children()]).kill()


def hold_source(world: World) -> None:
    """Let the source's next answer to this world take `HELD_S`."""
    world.order({"fault": "slow", "seconds": HELD_S, "times": 1})


def await_held(world: World) -> None:
    """Wait until somebody waits for the answer that `hold_source` holds."""
    mine, until = f"latitude={world.location.latitude}&", time.monotonic() + 60
    while not any(one["fault"] == "slow" and mine in one["query"] for one in world.answers()["answers"]):
        assert time.monotonic() < until, "nobody asked the source"
        time.sleep(0.1)


@contextmanager
def spoilt_topic(world: World, copies: int) -> Iterator[None]:
    """Meanwhile, poison is put among the records that are sent, and `copies` of them are sent twice."""
    stop = threading.Event()
    thread = threading.Thread(target=_spoil, args=(world, copies, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _spoil(world: World, copies: int, stop: threading.Event) -> None:
    client, topic = client_config(world.settings), world.settings.hourly_data_topic
    producer = Producer({**client, "linger.ms": 0})
    consumer = Consumer({**client, "group.id": "faults", "enable.auto.commit": False})
    mine = world.location.location_id.encode()
    ends = [consumer.get_watermark_offsets(TopicPartition(topic, one), timeout=30)[1] for one in range(PARTITIONS)]
    consumer.assign([TopicPartition(topic, partition, end) for partition, end in enumerate(ends)])
    while not stop.is_set():
        message = consumer.poll(0.02)
        producer.produce(topic, world.rng.choice(POISON), mine)
        if copies and message and not message.error() and message.headers():
            copies -= 1
            producer.produce(topic, message.value(), message.key(), headers=message.headers())
        producer.poll(0)
    producer.flush(30)
    consumer.close()


def run_side_by_side(*works: Callable[[], object]) -> None:
    """Do all at once; the first failure is raised when all have ended."""
    failures: list[AssertionError] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except AssertionError as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def add_driver(world: World) -> Driver:
    """A second driver of `world`, which ends with it."""
    other = Driver(world.environment, spare=world.driver.spare, retry_delay_s=world.driver.retry_delay_s)
    world.others.append(other)
    return other


def load_late(driver: Driver, told: Told) -> str:
    """Load what a late produce task says it sent, if it says so; what became of it."""
    status, attempt_ids = told
    if status != "done":
        driver.last_lines.append(str(attempt_ids))
        return "its try failed"
    assert driver.load(list(attempt_ids))
    return "late load"
