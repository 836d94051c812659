"""What a batch changes of what stands in the tables: sources correct themselves, and that is worth a line."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from barograph.loading.batch import Batch, LoadContext
from barograph.model.resolution import Resolution, spec_of
from barograph.model.variables import get_variable


@dataclass(frozen=True, slots=True)
class Revised:
    """How many cells of `variable` are to hold another value than now; `largest` change in its unit, None = not a number."""

    variable: str
    cells: int
    largest: float | None


def find_revised(validated: DataFrame, batch: Batch, services: LoadContext) -> list[Revised]:
    """What `validated` (see `validate_records`), not written yet, is going to change, by variable; without those that stay.

    Only attempts count that have older neighbours and no newer ones: nothing stands under the others, or stays over them.
    A value that is gone at the source is a change; one where none stood is not.
    """
    revising = [one for one in batch.attempts if batch.older[one.attempt_id] and not batch.newer[one.attempt_id]]
    if not revising:
        return []
    told = validated.where("is_ours and reason is null").where(f.col("attempt_id").isin([one.attempt_id for one in revising]))
    return compare(told, services.sink.read_back(revising), batch.resolution, batch.variables)


def compare(told: DataFrame, standing: DataFrame, resolution: Resolution, variables: Sequence[str]) -> list[Revised]:
    """Where `told` differs from the values of `standing` (both: attempt_id, location_id, time or date, variables)."""
    key = ["attempt_id", "location_id", spec_of(resolution).time_column]
    before = standing.select(*key, *(f.col(name).alias(f"{name}_before") for name in variables))
    counts = []
    for name in variables:
        was, now = f.col(f"{name}_before"), f.col(name)
        counts.append(f.count_if(was.isNotNull() & ~was.eqNullSafe(now)).alias(name))
        if get_variable(name, resolution).type != "timestamp":
            counts.append(f.max(f.abs(now - was)).cast("double").alias(f"{name}_largest"))
    row = told.select(*key, *variables).join(before, key).agg(*counts).collect()[0].asDict()
    return [Revised(name, row[name], row.get(f"{name}_largest")) for name in variables if row[name]]


def describe(revised: Sequence[Revised], resolution: Resolution) -> str:
    """One line for the log, such as `17 cells revised, largest change surface_pressure 0.4 hPa`; variable by variable."""
    if not revised:
        return "0 cells revised"
    parts = []
    for one in revised:
        unit = get_variable(one.variable, resolution).unit
        change = "" if one.largest is None else f", largest change {one.largest:.4g} {unit}"
        parts.append(f"{one.variable} {one.cells}{change}")
    return f"{sum(one.cells for one in revised)} cells revised: {'; '.join(parts)}"
