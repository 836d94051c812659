"""Landing: rows that wait in Kafka into the table, against the tools people would take, on the same rows."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from barograph.model.attempt import Attempt
from barograph.spark_jobs import SMALL_LOAD, submit_command
from benchmarks import dsbulk
from benchmarks.processes import ProgramFailed, run_watched
from benchmarks.rows import VARIABLES, write_csv
from benchmarks.spark_event_log import event_log_conf, read_event_log
from benchmarks.stores import extracted, table_like_ours, truncate
from benchmarks.suite import Contender, Scale
from benchmarks.world import World, forget
from stack.settings import REPOSITORY

OURS: Final = "barograph"
CONNECTOR: Final = "Spark connector, defaults"
DRIVER: Final = "Python driver, execute_concurrent"
NAIVE: Final = "naive: a row per metric, random key"
PROGRAMS: Final = REPOSITORY / "benchmarks/programs"
NAIVE_TABLE: Final = "naive"


@dataclass
class Landing:
    """See the module."""

    name: str = "landing"
    needs_airflow: bool = False

    def contenders(self, world: World, scale: Scale) -> Sequence[Contender]:
        """Produces the rows once and writes them as CSV; every round empties the tables."""
        attempts = extracted(world, scale.rows)
        count = sum(attempt.chunk.asked for attempt in attempts)
        csv = world.side.folder / "bench/rows.csv"
        csv.parent.mkdir(exist_ok=True)
        write_csv([attempt.chunk for attempt in attempts], csv)
        jars = dsbulk.fetch(world.side.settings.jars_dir)
        bulk = [
            Contender(
                name, count, partial(self._bulk, world, jars, csv, count, name, options), 1 if name in dsbulk.SLOWER else None
            )
            for name, options in islice(dsbulk.VARIANTS.items(), scale.choices)
        ]
        some, few = int(count * scale.driver_share), int(count * scale.naive_share)
        return [
            Contender(OURS, count, lambda _: run_load(world, scale.rows, OURS)),
            *bulk,
            Contender(CONNECTOR, count, lambda _: self._connector(world, attempts)),
            Contender(DRIVER, some, lambda _: self._driver(world, csv, some, is_naive=False)),
            Contender(NAIVE, few, lambda _: self._driver(world, csv, few, is_naive=True)),
        ]

    def _bulk(  # the parts of one command
        self, world: World, jars: Path, csv: Path, rows: int, name: str, options: Mapping[str, str], _: int
    ) -> Mapping[str, float]:
        table = table_like_ours(world, "bulk")
        command = dsbulk.load_command(jars, csv, table, world.settings, options, world.side.folder / "bench/dsbulk")
        seconds, usage, said = run_watched(command, world.environment, world.services(), world.log(name))
        return {"seconds": seconds, **dsbulk.read_output(said, rows), **usage.as_figures()}

    def _connector(self, world: World, attempts: Sequence[Attempt]) -> Mapping[str, float]:
        settings, table = world.settings, table_like_ours(world, "connector")
        ranges = [(attempt.manifest.topic, attempt.manifest.ranges) for attempt in attempts if attempt.manifest]
        partitions = {partition for _, one in ranges for partition in one}
        asked = {
            "topic": ranges[0][0],
            "starts": {p: min(one[p][0] for _, one in ranges if p in one) for p in partitions},
            "ends": {p: max(one[p][1] for _, one in ranges if p in one) for p in partitions},
            "host": settings.cassandra_host,
            "port": settings.cassandra_port,
            "keyspace": settings.cassandra_keyspace,
            "table": table,
            "variables": VARIABLES,
        }
        program = [str(PROGRAMS / "connector_default.py"), json.dumps(asked)]
        return submit(world, CONNECTOR, program, is_small=sum(attempt.chunk.asked for attempt in attempts) < SMALL_LOAD)

    def _driver(self, world: World, csv: Path, rows: int, *, is_naive: bool) -> Mapping[str, float]:
        table = naive_table(world) if is_naive else table_like_ours(world, "driver")
        asked = {
            "csv": str(csv), "rows": rows, "variables": VARIABLES, "is_naive": is_naive,
            "table": f"{world.settings.cassandra_keyspace}.{table}",
        }  # fmt: skip
        command = [sys.executable, "-m", "benchmarks.programs.driver_concurrent", json.dumps(asked)]
        name = NAIVE if is_naive else DRIVER
        _, usage, said = run_watched(command, world.environment, world.services(), world.log(name))
        return {**json.loads(said.splitlines()[-1]), **usage.as_figures()}


def run_load(world: World, rows: int, name: str, *options: str) -> Mapping[str, float]:
    """Our load of `rows` into an empty table; `options` are more arguments of spark-submit. Raises as `submit_load`."""
    return submit_load(world, extracted(world, rows), name, *options)


def load_again(world: World, rows: int, name: str) -> Mapping[str, float]:
    """The same into the table as it is. Raises as `submit_load`."""
    return submit_load(world, extracted(world, rows, is_emptied=False), name)


def submit_load(world: World, attempts: Sequence[Attempt], name: str, *options: str) -> Mapping[str, float]:
    """Our load of `attempts` as spark-submit, every check on.

    Raises:
        ProgramFailed: it failed, not every row landed, or other rows than in an earlier load of these attempts.
    """
    attempt_ids = [attempt.attempt_id for attempt in attempts]
    listed = world.side.folder / "bench/attempts"
    listed.parent.mkdir(exist_ok=True)
    listed.write_text("\n".join(attempt_ids), encoding="utf-8")
    program = [str(REPOSITORY / "jobs/load_observations.py"), "--attempts-from", str(listed)]
    asked = sum(attempt.chunk.asked for attempt in attempts)
    figures = submit(world, name, program, *options, is_small=asked < SMALL_LOAD)
    outcomes = [attempt.outcome for attempt in world.ledger.get(attempt_ids) if attempt.outcome]
    if (landed := sum(outcome.landed for outcome in outcomes)) != asked:
        raise ProgramFailed(f"{name}: {landed} rows landed, {asked} were asked for")
    digests = [outcome.row_digest for outcome in outcomes]
    if world.row_digests.setdefault(tuple(attempt_ids), digests) != digests:
        raise ProgramFailed(f"{name}: the rows differ from those of an earlier load of the same attempts")
    return figures


def submit(world: World, name: str, program: Sequence[str], *options: str, is_small: bool = False) -> Mapping[str, float]:
    """spark-submit `program` as barograph submits its own (`is_small`: its small ones), watched, with Spark's record of it."""
    events = world.side.folder / "bench/events"
    forget(events)
    command = submit_command("load_observations.py", [], world.settings, is_small=is_small)[:-1]
    full = [*command, *event_log_conf(events), *options, *program]
    seconds, usage, _ = run_watched(full, world.environment, world.services(), world.log(name))
    return {"seconds": seconds, **read_event_log(events).as_figures(), **usage.as_figures()}


def naive_table(world: World) -> str:
    """A row per metric under a random key, empty."""
    keyspace, columns = world.settings.cassandra_keyspace, ", ".join(f"{name} double" for name in VARIABLES)
    key = "id uuid PRIMARY KEY, location_id text, source text, time timestamp"
    world.session.execute(f"CREATE TABLE IF NOT EXISTS {keyspace}.{NAIVE_TABLE} ({key}, {columns})")
    truncate(world, NAIVE_TABLE)
    return NAIVE_TABLE
