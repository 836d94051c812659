"""Bytes per observation in Kafka and in Cassandra, as barograph does it and with other choices."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from confluent_kafka import Producer

from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.transport.client import client_config
from barograph.transport.delivery import DEFAULTS, REQUIRED
from barograph.transport.record import encode, headers
from benchmarks.processes import ProgramFailed
from benchmarks.rows import observations_of, units_of
from benchmarks.stores import VERSION, drop_topic, fresh_topic, insert, table_like_ours
from benchmarks.suite import Contender, Scale
from benchmarks.world import TIMEOUT_S, World, size_bytes

LZ4: Final[Mapping[str, str | bool]] = {"compression": "lz4", "headers": True, "key": True}
IN_KAFKA: Final[Mapping[str, Mapping[str, str | bool]]] = {
    "Kafka: lz4, headers, key (barograph)": LZ4,
    "Kafka: without headers": {**LZ4, "headers": False},
    "Kafka: without key": {**LZ4, "key": False},
    "Kafka: zstd": {**LZ4, "compression": "zstd"},
    "Kafka: gzip": {**LZ4, "compression": "gzip"},
    "Kafka: not compressed": {**LZ4, "compression": "none"},
}
IN_CASSANDRA: Final = {
    "Cassandra: LZ4 in 16 KiB chunks (barograph)": "{'class': 'LZ4Compressor', 'chunk_length_in_kb': 16}",
    "Cassandra: LZ4 in 64 KiB chunks": "{'class': 'LZ4Compressor', 'chunk_length_in_kb': 64}",
    "Cassandra: Zstd in 16 KiB chunks": "{'class': 'ZstdCompressor', 'chunk_length_in_kb': 16}",
    "Cassandra: Zstd in 64 KiB chunks": "{'class': 'ZstdCompressor', 'chunk_length_in_kb': 64}",
    "Cassandra: not compressed": "{'enabled': false}",
}
BYTES: Final = "bytes per row"


@dataclass
class Sizes:
    """See the module."""

    name: str = "sizes"
    needs_airflow: bool = False

    def contenders(self, world: World, scale: Scale) -> Sequence[Contender]:
        """A tenth of the rows, once: bytes do not depend on how busy the machine is."""
        rows = sum(chunk.asked for chunk in self._units(world, scale))
        kafka = [
            Contender(name, rows, partial(self._kafka, world, scale, one), 1)
            for name, one in islice(IN_KAFKA.items(), scale.choices)
        ]
        cassandra = [
            Contender(name, rows, partial(self._cassandra, world, scale, one), 1)
            for name, one in islice(IN_CASSANDRA.items(), scale.choices)
        ]
        return [*kafka, *cassandra]

    def _units(self, world: World, scale: Scale) -> list[Chunk]:
        return units_of(max(2_400, scale.rows // 10), "bench/sizes", world.settings)

    def _kafka(self, world: World, scale: Scale, choice: Mapping[str, str | bool], _round: int) -> Mapping[str, float]:
        chunks, topic = self._units(world, scale), fresh_topic(world, "sizes", compression="producer")
        given = {**client_config(world.settings), "compression.type": str(choice["compression"])}
        producer, rows, began = Producer({**DEFAULTS, **REQUIRED, **given}), 0, time.monotonic()
        for version, chunk in enumerate(chunks, start=VERSION):
            of_attempt = headers(Attempt(chunk, version, "OPEN", "manual__2024-05-01T00:00:00+00:00", "produce_hourly_metrics"))
            for key, value in map(encode, observations_of([chunk])):
                producer.produce(topic, value, key if choice["key"] else None, headers=of_attempt if choice["headers"] else [])
                rows += 1
            producer.flush(TIMEOUT_S)
        seconds = time.monotonic() - began
        taken = sum(map(size_bytes, (world.side.folder / "kafka/data").glob(f"{topic}-[0-9]")))  # "-delete" are those before
        drop_topic(world, topic)
        return {"seconds": seconds, BYTES: taken / rows}

    def _cassandra(self, world: World, scale: Scale, compression: str, _round: int) -> Mapping[str, float]:
        chunks, keyspace = self._units(world, scale), world.settings.cassandra_keyspace
        table = table_like_ours(world, "sizes")
        world.session.execute(f"ALTER TABLE {keyspace}.{table} WITH compression = {compression}")
        began = time.monotonic()
        insert(world, table, chunks)
        seconds = time.monotonic() - began
        world.side.nodetool("flush", keyspace, table)
        world.side.nodetool("compact", keyspace, table)  # what is flushed is compressed in haste, whatever the table says
        told = re.search(r"Space used \(live\): (\d+)", world.side.nodetool("tablestats", f"{keyspace}.{table}"))
        if not told:
            raise ProgramFailed(f"nodetool tablestats does not say how large {table} is")
        return {"seconds": seconds, BYTES: int(told[1]) / sum(chunk.asked for chunk in chunks)}
