"""Which stored values a batch changes, as one line for the log: sources revise what they published."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from barograph.loading.batch import Batch, LoadContext
from barograph.model.resolution import Resolution, spec_of
from barograph.model.variables import get_variable


@dataclass(frozen=True, slots=True)
class Revised:
    """How many cells of `variable` will change; `largest` change in its unit, None = not a number."""

    variable: str
    cells: int
    largest: float | None


def find_revised(validated: DataFrame, batch: Batch, services: LoadContext) -> list[Revised]:
    """What `validated` (see `validate_records`), not written yet, will change, by variable; unchanged variables are left out.

    Only attempts with older overlapping attempts and no newer ones count: others replace nothing, or are replaced themselves.
    A value that vanished at the source is a change; a value where none was stored is not.
    """
    revising = [attempt for attempt in batch.attempts if batch.older[attempt.attempt_id] and not batch.newer[attempt.attempt_id]]
    if not revising:
        return []
    incoming = validated.where("is_ours and reason is null").where(
        f.col("attempt_id").isin([attempt.attempt_id for attempt in revising])
    )
    return compare(incoming, services.sink.read_back(revising), batch.resolution, batch.variables)


def compare(incoming: DataFrame, stored: DataFrame, resolution: Resolution, variables: Sequence[str]) -> list[Revised]:
    """Where `incoming` differs from `stored` (both: attempt_id, location_id, time or date, variables)."""
    key = ["attempt_id", "location_id", spec_of(resolution).time_column]
    before = stored.select(*key, *(f.col(name).alias(f"{name}_before") for name in variables))
    counts = []
    for name in variables:
        was, now = f.col(f"{name}_before"), f.col(name)
        counts.append(f.count_if(was.isNotNull() & ~was.eqNullSafe(now)).alias(name))
        if get_variable(name, resolution).type != "timestamp":
            counts.append(f.max(f.abs(now - was)).cast("double").alias(f"{name}_largest"))
    row = incoming.select(*key, *variables).join(before, key).agg(*counts).collect()[0].asDict()
    return [Revised(name, row[name], row.get(f"{name}_largest")) for name in variables if row[name]]


def describe(revised: Sequence[Revised], resolution: Resolution) -> str:
    """One line for the log, such as `17 cells revised, largest change surface_pressure 0.4 hPa`; variable by variable."""
    if not revised:
        return "0 cells revised"
    parts = []
    for entry in revised:
        unit = get_variable(entry.variable, resolution).unit
        change = "" if entry.largest is None else f", largest change {entry.largest:.4g} {unit}"
        parts.append(f"{entry.variable} {entry.cells}{change}")
    return f"{sum(entry.cells for entry in revised)} cells revised: {'; '.join(parts)}"
