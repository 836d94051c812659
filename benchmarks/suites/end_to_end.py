"""End to end: from the trigger of the DAG over HTTP, Kafka and Spark to COMMITTED, for several sizes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import psutil

from benchmarks.dag_runs import run_dag
from benchmarks.processes import ProgramFailed, Roles, family, watching
from benchmarks.rows import FIRST_DAY, VARIABLES, places
from benchmarks.stores import truncate
from benchmarks.suite import Contender, Scale
from benchmarks.world import World, size_bytes

DAG: Final = "historic_weather_data_dag"
PLACES: Final = 100
BEGINS: Final = FIRST_DAY.replace(year=2015)
EXTRACT_RSS: Final = "rss extract"
TIMEOUT_S: Final = 3 * 3600


@dataclass
class EndToEnd:
    """See the module."""

    name: str = "end_to_end"
    needs_airflow: bool = True

    def contenders(self, world: World, scale: Scale) -> Sequence[Contender]:
        """One contender per size: a hundred places, as many days as it takes."""
        found = []
        for rows in scale.end_to_end:
            days = -(-rows // (PLACES * 24))
            count = days * PLACES * 24
            found.append(Contender(f"{count:,} location-hours", count, partial(self._run, world, days)))
        return found

    def _run(self, world: World, days: int, _: int) -> Mapping[str, float]:
        settings = world.settings
        truncate(world, settings.hourly_sink_table, "ingest_ledger")
        topic = world.side.folder / "kafka/data"
        before = sum(size_bytes(one) for one in topic.glob(f"{settings.hourly_data_topic}-*"))
        conf = {
            "start_date": BEGINS.isoformat(),
            "end_date": (BEGINS + timedelta(days=days - 1)).isoformat(),
            "latitudes": ",".join(place.latitude for place in places(PLACES)),
            "longitudes": ",".join(place.longitude for place in places(PLACES)),
            "hourly": list(VARIABLES),
            "daily": [],
        }
        services = world.services()
        with watching(lambda: services | _tasks(services)) as usage:
            seconds, logs = run_dag(world, DAG, conf, TIMEOUT_S)
        rows = days * PLACES * 24
        if not any(f"landed={rows} " in line for line in logs):
            raise ProgramFailed(f"{rows} rows did not land:\n" + "\n".join(logs[-15:]))
        world.side.nodetool("flush", settings.cassandra_keyspace)
        table = (world.side.folder / "cassandra/data" / settings.cassandra_keyspace).glob(f"{settings.hourly_sink_table}-*")
        sent = sum(size_bytes(one) for one in topic.glob(f"{settings.hourly_data_topic}-*")) - before
        return {
            "seconds": seconds,
            "kafka bytes per row": sent / rows,
            "disk bytes per row": sum(map(size_bytes, table)) / rows,
            EXTRACT_RSS: _figure(logs, r"peak memory of this task: (\d+) MiB"),
            "rss spark": _figure(logs, r"driver JVM (\d+) MiB"),
            "load seconds": _figure(logs, r"missing=\d+ seconds=([\d.]+)"),
            **usage.as_figures(),
        }


def _tasks(services: Roles) -> dict[str, Sequence[psutil.Process]]:
    """The processes that the scheduler has started, by what they run."""
    (scheduler,) = services["airflow-scheduler"]
    return {f"tasks {role}": found for role, found in family(scheduler.pid).items()}


def _figure(lines: Sequence[str], pattern: str) -> float:
    """The first number that the lines tell in these words.

    Raises:
        ProgramFailed: none does.
    """
    for line in lines:
        if found := re.search(pattern, line):
            return float(found.group(1))
    raise ProgramFailed(f"no line like {pattern!r} in the tasks' logs")
