"""The capacity model of docs/scaling.md: what locations, days and variables take, from unit costs that were measured."""

import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.sources.open_meteo.batching import ChunkLimits, find_shape
from barograph.sources.open_meteo.cost import MAX_COST, cost_of_location
from benchmarks.results import FOLDER, Recording

HOURS: Final = 24
SMALL, LARGE = "1,000,800 location-hours", "5,001,600 location-hours"
"""The two sizes of the suite `end_to_end` through which the straight lines of the model run."""

LIMITS: Final = ChunkLimits(500, 25_000, MAX_COST)
"""Of a chunk, by the settings' defaults, and a quota that is no limit."""

PER_ROW: Final = ("kafka bytes per row", "disk bytes per row")
"""Figures that are the same per row at every size."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Hourly values of `variables` variables at `locations` locations for `days` days, asked for in one run."""

    locations: int
    days: int
    variables: int

    @property
    def rows(self) -> int:
        """Location-hours."""
        return self.locations * self.days * HOURS


@dataclass(frozen=True, slots=True)
class Line:
    """A cost that grows in a straight line: `fixed` for any run, and `per_row` for each row."""

    fixed: float
    per_row: float

    @classmethod
    def through(cls, small: tuple[int, float], large: tuple[int, float]) -> "Line":
        """The line through two measurements, each rows and cost."""
        per_row = (large[1] - small[1]) / (large[0] - small[0])
        return cls(small[1] - per_row * small[0], per_row)

    def at(self, rows: int) -> float:
        """The cost of a run of `rows`."""
        return self.fixed + self.per_row * rows


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """`lines`: seconds and CPU seconds by name; `per_row`: bytes by name. Both for rows of twelve variables."""

    lines: Mapping[str, Line]
    per_row: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a workload is asked with: `calls`, each of which is one attempt, their whole `cost`, and rows in the largest one."""

    calls: int
    cost: float
    largest_rows: int


def read_unit_costs(path: Path = FOLDER / "end_to_end.json") -> UnitCosts:
    """The medians of the suite `end_to_end`, as lines through its two larger sizes."""
    recording = Recording.read(path)
    sizes = {name: recording.of(name)[0].rows for name in (SMALL, LARGE)}

    def median(contender: str, figure: str) -> float:
        return statistics.median(recording.values(contender, figure).values())

    figures = [name for name in recording.of(LARGE)[0].figures if name == "seconds" or name.startswith("cpu ")]
    lines = {name: Line.through((sizes[SMALL], median(SMALL, name)), (sizes[LARGE], median(LARGE, name))) for name in figures}
    return UnitCosts(lines, {name: median(LARGE, name) for name in PER_ROW})


def ask(load: Workload, limits: ChunkLimits = LIMITS) -> Asked:
    """The calls that the planner makes of `load`, one batch of locations looked at and the rest in proportion."""
    start = date(2014, 1, 1)
    names = tuple(map(str, range(load.variables)))
    whole = Chunk("", "hourly", (Location("0", "0"),) * load.locations, names, Window(start, start + timedelta(days=load.days)))
    shape = find_shape(whole, limits)
    longest = -(-load.days // shape.parts)
    return Asked(shape.calls, shape.cost, min(load.locations, shape.locations) * longest * HOURS)


def daily_cost(load: Workload, revision_days: int) -> float:
    """The cost of a day's run, which asks again for `revision_days` days before its own."""
    return load.locations * cost_of_location(load.variables, revision_days + 1)


def predict(load: Workload, costs: UnitCosts) -> dict[str, float]:
    """Every figure that the model tells of a run of `load`, by name; bytes are per row, the rest is of the whole run."""
    asked = ask(load)
    told = {name: line.at(load.rows) for name, line in costs.lines.items()}
    return {
        "calls": asked.calls,
        "cost": asked.cost,
        "attempts": asked.calls,
        "rows": load.rows,
        "rows per second": load.rows / told["seconds"],
        **costs.per_row,
        **told,
    }


@dataclass(frozen=True, slots=True)
class Projection:
    """What a run leaves and takes: bytes in Kafka and on Cassandra's disks with all copies, CPU seconds of Spark and Cassandra.

    `cassandra_cpu_s` counts each copy as a write of its own.
    """

    asked: Asked
    rows: int
    seconds: float
    kafka_bytes: float
    disk_bytes: float
    spark_cpu_s: float
    cassandra_cpu_s: float


def project(load: Workload, costs: UnitCosts, copies: int = 3) -> Projection:
    """What `load` takes on a cluster that keeps `copies` of each record and row; `seconds` are those of the measured machine."""
    told = predict(load, costs)
    return Projection(
        ask(load),
        load.rows,
        told["seconds"],
        copies * load.rows * told["kafka bytes per row"],
        copies * load.rows * told["disk bytes per row"],
        told["cpu tasks java"],
        copies * told["cpu cassandra"],
    )


def index_rows(attempts_per_day: int, revision_days: int, days_in_month: int = 31) -> int:
    """Rows of a month in `attempts_by_window`: the attempts of its days, and of the days after it that reach back into it."""
    return attempts_per_day * (days_in_month + revision_days)


SCENARIOS: Final = {
    "20,000 locations, 7 days": Workload(20_000, 7, 12),
    "20,000 locations, a daily run with 3 days of revision": Workload(20_000, 4, 12),
    "20,000 locations, 1 year": Workload(20_000, 365, 12),
    "1,000,000 locations, a daily run with 3 days of revision": Workload(1_000_000, 4, 12),
    "1,000,000 locations, 10 years": Workload(1_000_000, 3_652, 12),
}


def main() -> int:
    """Print the projections that docs/scaling.md shows."""
    costs = read_unit_costs()
    for name, load in SCENARIOS.items():
        told = project(load, costs)
        print(
            f"{name}: {told.rows:,} rows, {told.asked.calls:,} calls, cost {told.asked.cost:,.0f}, {told.seconds / 3600:,.2f} h; "
            f"with 3 copies Kafka {told.kafka_bytes / 1e9:,.1f} GB, Cassandra {told.disk_bytes / 1e9:,.1f} GB; "
            f"CPU Spark {told.spark_cpu_s / 3600:,.2f} h, Cassandra {told.cassandra_cpu_s / 3600:,.2f} h"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
