"""Produce: parsed answers into acknowledged records, against Kafka's own benchmark and the stock operator."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from barograph.transport.client import java_config
from barograph.transport.record import encode
from benchmarks.processes import ProgramFailed, run_watched
from benchmarks.rows import observations_of, units_of
from benchmarks.stores import drop_topic, fresh_topic
from benchmarks.suite import Contender, Scale
from benchmarks.world import TOPIC, World
from stack.environment import airflow_connections
from stack.settings import replace_file

OURS: Final = "barograph"
PERFORMANCE: Final = ("ProducerPerformance, Java's batches", "ProducerPerformance, batches of 256 KiB")
BATCHES: Final = {PERFORMANCE[0]: (), PERFORMANCE[1]: ("batch.size=262144", "linger.ms=50")}
STOCK: Final = {"stock operator, synchronous": "stock-synchronous", "stock operator, not synchronous": "stock"}
SAMPLE: Final = 50_000
"""Values that ProducerPerformance draws from; it holds them all in memory."""
SYNCHRONOUS_SHARE: Final = 0.01


@dataclass
class Produce:
    """See the module."""

    name: str = "produce"
    needs_airflow: bool = False

    def contenders(self, world: World, scale: Scale) -> Sequence[Contender]:
        """Everyone sends values of the same size to a fresh topic with acks=all and lz4."""
        chunks = units_of(scale.rows, "bench/produce", world.settings)
        rows = sum(chunk.asked for chunk in chunks)
        payload = world.side.folder / "bench/values.txt"
        payload.parent.mkdir(exist_ok=True)
        values = (encode(one)[1].decode() for one in observations_of(chunks))
        payload.write_text("\n".join(islice(values, SAMPLE)) + "\n", encoding="utf-8")
        few = max(1000, int(rows * SYNCHRONOUS_SHARE))
        return [
            Contender(OURS, rows, partial(send_records, world, "ours", rows)),
            *(Contender(name, rows, partial(self._performance, world, payload, name, rows)) for name in PERFORMANCE),
            *(
                Contender(name, count, partial(send_records, world, way, count))
                for (name, way), count in zip(STOCK.items(), (few, rows // 5), strict=True)
            ),
        ]

    def _performance(self, world: World, payload: Path, name: str, rows: int, _round: int) -> Mapping[str, float]:
        options = {"--topic": fresh_topic(world, TOPIC), "--num-records": rows, "--throughput": -1, "--payload-file": payload}
        given = {"acks": "all", "compression.type": "lz4"}
        command = [
            *("java", "-Xmx512m", "-cp", f"{world.side.settings.jars_dir / 'kafka'}/*"),
            "org.apache.kafka.tools.ProducerPerformance",
            *(str(part) for option in options.items() for part in option),
            "--producer.config",
            str(_login_file(world)),
            "--producer-props",
            *(f"{key}={value}" for key, value in given.items()),
            *BATCHES[name],
        ]
        try:
            seconds, usage, said = run_watched(command, world.environment, world.services(), world.log(name))
        finally:
            drop_topic(world, TOPIC)
        told = re.findall(r"^(\d+) records sent, ([\d.]+) records/sec", said, re.MULTILINE)
        if not told or int(told[-1][0]) != rows:
            raise ProgramFailed(f"{name} did not send {rows} records:\n{said[-1000:]}")
        return {"seconds": rows / float(told[-1][1]), "process": seconds, **usage.as_figures()}


def send_records(world: World, way: str, rows: int, _round: int = 0) -> Mapping[str, float]:
    """Send `rows` to a fresh topic from a process of its own, in one of the ways of produce_records.py."""
    environment = world.environment | airflow_variables(world)
    command = [sys.executable, "-m", "benchmarks.programs.produce_records", way, str(rows), fresh_topic(world, TOPIC)]
    try:
        _, usage, said = run_watched(command, environment, world.services(), world.log(f"produce {way}"))
    finally:
        drop_topic(world, TOPIC)
    return {**json.loads(said.splitlines()[-1]), **usage.as_figures()}


def _login_file(world: World) -> Path:
    """How Java reaches Kafka, in a file: the arguments of a command can be read by everyone."""
    path = world.side.folder / "bench/kafka.properties"
    lines = (f"{name}={value}\n" for name, value in java_config(world.settings).items())
    replace_file(path, "".join(lines))
    return path


def airflow_variables(world: World) -> dict[str, str]:
    """What the operators need of Airflow's environment: the stack's own Kafka connection."""
    return {
        "AIRFLOW_HOME": str(world.side.folder / "bench/airflow"),
        "AIRFLOW_CONN_KAFKA_DEFAULT": json.dumps(airflow_connections(world.side.settings)["kafka_default"]),
    }
