"""Reading as users do, while a load runs: how long the usual questions take."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cassandra.concurrent import execute_concurrent_with_args

from barograph.model.chunk import Chunk
from barograph.model.window import Window
from barograph.sources.open_meteo.batching import limits_of, split_into_chunks
from benchmarks.figures import percentile
from benchmarks.processes import ProgramFailed
from benchmarks.rows import FIRST_DAY, VARIABLES, places
from benchmarks.stores import extracted, insert
from benchmarks.suite import Contender, Scale
from benchmarks.suites.landing import load_again
from benchmarks.world import World

SOURCE: Final = "bench/read"
DAYS: Final = 2
YEAR: Final = FIRST_DAY.year


@dataclass
class Reading:
    """See the module."""

    name: str = "reading"
    needs_airflow: bool = False

    def contenders(self, world: World, scale: Scale) -> Sequence[Contender]:
        """Writes what is read: two days of every place, and a year of the first (no more days than the load has rows for)."""
        attempts = extracted(world, scale.rows_beside)
        everyone, first = places(scale.reading_places), places(1)
        ends = min(FIRST_DAY.replace(year=YEAR + 1), FIRST_DAY + timedelta(days=scale.rows_beside // 24))
        questions = [
            Chunk(SOURCE, "hourly", first, VARIABLES, Window(FIRST_DAY + timedelta(days=DAYS), ends)),
            Chunk(SOURCE, "hourly", everyone, VARIABLES, Window(FIRST_DAY, FIRST_DAY + timedelta(days=DAYS))),
        ]
        chunks = [chunk for one in questions for chunk in split_into_chunks(one, limits_of(world.settings))]
        insert(world, world.settings.hourly_sink_table, chunks)
        rows = sum(attempt.chunk.asked for attempt in attempts)
        return [
            Contender("three questions in turn, nothing else runs", rows, lambda _: self._quiet(world, scale)),
            Contender("three questions in turn, while a load runs", rows, lambda _: self._beside_a_load(world, scale)),
        ]

    def _quiet(self, world: World, scale: Scale) -> Mapping[str, float]:
        until = time.monotonic() + scale.reading_s
        began = time.monotonic()
        taken = ask_until(lambda: time.monotonic() > until, questions(world, scale.reading_places))
        return {"seconds": time.monotonic() - began, **taken}

    def _beside_a_load(self, world: World, scale: Scale) -> Mapping[str, float]:
        load: dict[str, Mapping[str, float]] = {}
        thread = threading.Thread(target=lambda: load.update(figures=load_again(world, scale.rows_beside, "reading, the load")))
        thread.start()
        until = time.monotonic() + 10 * scale.reading_s  # no load of a whole run takes as long
        taken = ask_until(lambda: not thread.is_alive() or time.monotonic() > until, questions(world, scale.reading_places))
        thread.join()
        if "figures" not in load:
            raise ProgramFailed("the load beside which was read has failed: see its log")
        return {"seconds": load["figures"]["seconds"], **taken}


def questions(world: World, count: int) -> Mapping[str, Callable[[], int]]:
    """What users ask, each returning how many rows came."""
    table = f"{world.settings.cassandra_keyspace}.{world.settings.hourly_sink_table}"
    key = "location_id = ? AND source = ? AND year = ?"
    year = world.session.prepare(f"SELECT time, {', '.join(VARIABLES)} FROM {table} WHERE {key}")  # noqa: S608  # a checked setting
    day = world.session.prepare(f"SELECT time, {', '.join(VARIABLES)} FROM {table} WHERE {key} AND time >= ? AND time < ?")  # noqa: S608  # a checked setting
    newest = world.session.prepare(f"SELECT time, {', '.join(VARIABLES)} FROM {table} WHERE {key} LIMIT 1")  # noqa: S608  # a checked setting
    keys = [(place.location_id, SOURCE, YEAR) for place in places(count)]
    span = (
        datetime.combine(FIRST_DAY, datetime.min.time()),
        datetime.combine(FIRST_DAY + timedelta(days=1), datetime.min.time()),
    )

    def of_all(statement: object, parameters: Sequence[tuple[object, ...]]) -> int:
        answers = execute_concurrent_with_args(world.session, statement, parameters, concurrency=100)
        return sum(len(list(answer.result_or_exc)) for answer in answers)

    return {
        "a year of one place": lambda: len(list(world.session.execute(year, keys[0]))),
        f"a day of {count} places": lambda: of_all(day, [(*one, *span) for one in keys]),
        f"newest of {count} places": lambda: of_all(newest, keys),
    }


def ask_until(is_over: Callable[[], bool], asked: Mapping[str, Callable[[], int]]) -> dict[str, float]:
    """Ask in turn until it is over; p50 and p99 in ms, how often and how many rows, for each question."""
    taken_ms: dict[str, list[float]] = {name: [] for name in asked}
    rows: dict[str, int] = {}
    while not is_over():
        for name, ask in asked.items():
            began = time.monotonic()
            rows[name] = ask()
            taken_ms[name].append((time.monotonic() - began) * 1000)
    figures: dict[str, float] = {}
    for name, times in taken_ms.items():
        figures |= {f"{name}: p50 ms": percentile(times, 50), f"{name}: p99 ms": percentile(times, 99)}
        figures |= {f"{name}: times": float(len(times)), f"{name}: rows": float(rows[name])}
    return figures
