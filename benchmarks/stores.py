"""What contenders write into and read from: attempts that wait in Kafka, empty tables, topics of their own."""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from cassandra.concurrent import execute_concurrent_with_args
from cassandra.query import UNSET_VALUE
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource

from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.variables import Value
from barograph.store.schema import add_columns, create_schema
from barograph.transport.client import client_config
from barograph.transport.delivery import DEFAULTS, REQUIRED, Delivery
from barograph.transport.record import encode, headers
from barograph.transport.topics import create_topics, topic_id
from benchmarks import rows
from benchmarks.world import TIMEOUT_S, World

VERSION: Final = 1_700_000_000_000_000
"""Of rows and records that no attempt has brought, in microseconds."""


def extracted(world: World, count: int, *, is_emptied: bool = True) -> list[Attempt]:
    """Attempts of at least `count` observations whose records wait in Kafka, made once; EXTRACTED again at each call.

    COMMITTED is final, so the ledger's rows are kept as they were and put back.

    The table is emptied, unless `is_emptied` says otherwise.
    """
    ledger = f"{world.settings.cassandra_keyspace}.ingest_ledger"
    if count not in world.attempts:
        truncate(world, "ingest_ledger")
        world.attempts[count] = _send(world, rows.units_of(count, f"bench/rows-{count}", world.settings))
        world.ledger_rows[count] = [row[0] for row in world.session.execute(f"SELECT JSON * FROM {ledger}")]  # noqa: S608  # a checked setting
    truncate(world, "ingest_ledger", *([world.settings.hourly_sink_table] if is_emptied else []))
    restore = world.session.prepare(f"INSERT INTO {ledger} JSON ? DEFAULT UNSET")
    for row in world.ledger_rows[count]:
        world.session.execute(restore, (row,))
    return world.attempts[count]


def _send(world: World, chunks: Sequence[Chunk]) -> list[Attempt]:
    """Attempts at `chunks`, their records in Kafka, as a produce task leaves them."""
    add_columns(world.session, world.settings, "hourly", rows.VARIABLES)
    client, topic = client_config(world.settings), world.settings.hourly_data_topic
    producer = Producer({**client, **DEFAULTS, **REQUIRED})
    known_id, attempt_ids = topic_id(client, topic), []
    for chunk in chunks:
        attempt = world.ledger.open(chunk, dag_run="benchmark", task="benchmark")
        delivery = Delivery(producer, topic, known_id, headers(attempt))
        delivery.add(map(encode, rows.observations_of([chunk])))
        world.ledger.mark_extracted(attempt, delivery.flush(TIMEOUT_S))
        attempt_ids.append(attempt.attempt_id)
    return world.ledger.get(attempt_ids)


def insert(world: World, table: str, chunks: Sequence[Chunk]) -> None:
    """The rows of `chunks` in `table`, which has their columns: the cells that a load writes, all of one version."""
    columns, marks = ", ".join(rows.COLUMNS), ", ".join("?" * len(rows.COLUMNS))
    name = f"{world.settings.cassandra_keyspace}.{table}"
    text = f"INSERT INTO {name} ({columns}) VALUES ({marks}) USING TIMESTAMP {VERSION}"  # noqa: S608  # checked settings
    statement = world.session.prepare(text)
    parameters = (
        (one.location_id, one.source, int(one.time[:4]), datetime.fromisoformat(one.time), *_cells(one.values))
        for one in rows.observations_of(chunks)
    )
    deque(execute_concurrent_with_args(world.session, statement, parameters, results_generator=True), maxlen=0)


def _cells(values: Mapping[str, Value]) -> list[object]:
    """Null is not written, as in a load of new rows."""
    return [UNSET_VALUE if value is None else value for value in values.values()]


def truncate(world: World, *tables: str) -> None:
    """Empty `tables`; nothing of them is kept on disk, so that rounds do not fill it."""
    for table in tables:
        name = f"{world.settings.cassandra_keyspace}.{table}"
        world.session.execute(f"ALTER TABLE {name} WITH allow_auto_snapshot = false")
        world.session.execute(f"TRUNCATE {name}", timeout=TIMEOUT_S)


def table_like_ours(world: World, name: str) -> str:
    """An empty table `name` of hourlydata's shape, for a contender that writes by itself."""
    settings = world.settings.model_copy(update={"hourly_sink_table": name})
    create_schema(world.session, settings)
    add_columns(world.session, settings, "hourly", rows.VARIABLES)
    truncate(world, name)
    return name


def fresh_topic(world: World, name: str, compression: str = "lz4") -> str:
    """An empty topic made as barograph makes its own; `compression` is the topic's."""
    create_topics(client_config(world.settings), [name])
    resource, admin = ConfigResource(ConfigResource.Type.TOPIC, name, {"compression.type": compression}), _admin(world)
    admin.alter_configs([resource])[resource].result(TIMEOUT_S)
    return name


def drop_topic(world: World, name: str) -> None:
    """Give its disk back."""
    admin, until = _admin(world), time.monotonic() + TIMEOUT_S
    admin.delete_topics([name])[name].result(TIMEOUT_S)
    while name in admin.list_topics(timeout=TIMEOUT_S).topics and time.monotonic() < until:
        time.sleep(0.2)


def _admin(world: World) -> AdminClient:
    return AdminClient({**client_config(world.settings), "log_level": 4})  # its farewell (6) is of no use
