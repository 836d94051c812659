"""A small run, trigger to COMMITTED, against a floor: the same tasks empty, and an empty spark-submit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from benchmarks.dag_runs import run_dag
from benchmarks.figures import paired_ratios
from benchmarks.processes import ProgramFailed
from benchmarks.results import Recording
from benchmarks.stores import truncate
from benchmarks.suite import Contender, Scale
from benchmarks.suites.landing import PROGRAMS, submit
from benchmarks.world import World

OURS: Final = "barograph: five places, one day, hourly and daily"
EMPTY_DAG: Final = "the same tasks, empty"
EMPTY_SPARK: Final = "an empty spark-submit"
DAG: Final = "historic_weather_data_dag"
ROWS: Final = 5 * 24 + 5
FIRST_DAY: Final = date(2024, 4, 1)
"""Of a product that serves all variables of the stack's Airflow Variables."""
TIMEOUT_S: Final = 600


@dataclass
class SmallRun:
    """See the module."""

    name: str = "small_run"
    needs_airflow: bool = True

    def contenders(self, world: World, scale: Scale) -> Sequence[Contender]:
        """The DAG as it is, an empty one of the same shape, and spark-submit of a program that only makes a session."""
        return [
            Contender(OURS, ROWS, lambda number: self._ours(world, number)),
            Contender(EMPTY_DAG, ROWS, lambda _: {"seconds": run_dag(world, "empty_dag", {}, TIMEOUT_S)[0]}),
            Contender(EMPTY_SPARK, ROWS, lambda _: self._spark(world)),
        ]

    def _ours(self, world: World, number: int) -> Mapping[str, float]:
        truncate(world, world.settings.hourly_sink_table, world.settings.daily_sink_table, "ingest_ledger")
        day = (FIRST_DAY + timedelta(days=number)).isoformat()
        seconds, logs = run_dag(world, DAG, {"start_date": day, "end_date": day}, TIMEOUT_S)
        landed = sorted({line.split(" landed=")[1].split()[0] for line in logs if " landed=" in line})
        if landed != ["120", "5"]:
            raise ProgramFailed(f"{DAG}: 120 and 5 rows were due, landed: {landed}")
        return {"seconds": seconds}

    def _spark(self, world: World) -> Mapping[str, float]:
        return submit(world, EMPTY_SPARK, [str(PROGRAMS / "connector_default.py"), '{"is_empty": true}'])


def ratios(recordings: Mapping[str, Recording]) -> Sequence[float]:
    """Our seconds ÷ (the empty run's + the empty spark-submit's), round by round."""
    if "small_run" not in recordings:
        return ()
    ours, empty, spark = (recordings["small_run"].values(name, "seconds") for name in (OURS, EMPTY_DAG, EMPTY_SPARK))
    return paired_ratios(ours, {number: empty[number] + spark[number] for number in empty.keys() & spark.keys()})
