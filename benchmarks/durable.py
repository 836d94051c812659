"""`make durable`: what DURABLE=1 costs. Two stacks side by side, one with it and one without, take turns with the same rows."""

import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Final

from confluent_kafka import Producer
from rich.console import Console

from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts
from barograph.loading.session import start_session
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.sources.open_meteo.client import OpenMeteo
from barograph.sources.port import Series
from barograph.store.store import Store
from barograph.transport.client import client_config
from barograph.transport.delivery import REQUIRED, Delivery
from barograph.transport.record import encode, headers
from barograph.transport.topics import topic_id
from stack.side_services import SideServices

ROUNDS: Final = 5
PLACES: Final = 5
VARIABLES: Final = ("temperature_2m", "relative_humidity_2m", "precipitation", "rain", "surface_pressure")
YEAR: Final = Window(date(2021, 1, 1), date(2022, 1, 1))
FLUSH_S: Final = 300

console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Print rows per second of sending and of landing for each round, and the medians."""
    sides = [SideServices("plain"), SideServices("durable", DURABLE="1")]
    chunk = Chunk("standin/archive", "hourly", tuple(Location("10", str(n)) for n in range(PLACES)), VARIABLES, YEAR)
    try:
        for side in sides:
            side.prepare()
            side.start()
        answer = list(OpenMeteo(sides[0].settings).fetch(chunk))
        measure(sides, chunk, answer, 0)  # the first load of a JVM says nothing
        rates = [measure(sides, chunk, answer, number) for number in range(1, ROUNDS + 1)]
    finally:
        for side in sides:
            side.remove()
    for step, column in (("sent to Kafka", 0), ("landed in Cassandra", 1)):
        plain, durable = (statistics.median(rate[which][column] for rate in rates) for which in (0, 1))
        console.print(f"{step}: median {plain:.0f} rows/s, with DURABLE=1 {durable:.0f} rows/s ({durable / plain - 1:+.0%})")
    return 0


def measure(sides: list[SideServices], chunk: Chunk, answer: list[Series], number: int) -> list[tuple[float, float]]:
    """Rows per second of sending and of landing, for each side; who begins changes from round to round."""
    turn = sides if number % 2 else sides[::-1]
    rates = {side: _send_and_land(side, chunk, answer) for side in turn}
    for name, side in zip(("plain  ", "durable"), sides, strict=True):
        sent, landed = rates[side]
        console.print(f"round {number} {name} {chunk.asked} rows: sent {sent:.0f} rows/s, landed {landed:.0f} rows/s")
    return [rates[side] for side in sides]


def _send_and_land(side: SideServices, chunk: Chunk, answer: list[Series]) -> tuple[float, float]:
    settings = side.settings
    client, topic = client_config(settings), settings.topic(chunk.resolution)
    records = [encode(observation) for series in answer for observation in series.observations(chunk.source)]
    with _services(side) as services:
        ledger = services.ledger
        attempt = ledger.open(chunk, dag_run="durable", task="durable")
        began = time.monotonic()
        delivery = Delivery(Producer({**client, **REQUIRED}), topic, topic_id(client, topic), headers(attempt))
        delivery.add(records)
        ledger.mark_extracted(attempt, delivery.flush(FLUSH_S))
        sent = time.monotonic()
        load_attempts([attempt.attempt_id], services)
        return chunk.asked / (sent - began), chunk.asked / (time.monotonic() - sent)


@contextmanager
def _services(side: SideServices) -> Iterator[LoadContext]:
    spark = start_session(side.settings)
    try:
        with side.cassandra() as session:
            yield LoadContext(spark, Store(session, side.settings), side.settings)
    finally:
        spark.stop()


if __name__ == "__main__":
    jars = ",".join(str(jar) for jar in sorted((SideServices("plain").settings.jars_dir / "spark").glob("*.jar")))
    os.environ |= {
        "PYSPARK_SUBMIT_ARGS": f"--master local[2] --driver-memory 1g --jars {jars} pyspark-shell",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    sys.exit(main())
