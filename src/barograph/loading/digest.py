"""Row digests: the same sum over rows that are to be written and rows that were read back."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from itertools import chain
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from barograph.model.attempt import Attempt
from barograph.model.resolution import Resolution, spec_of

Digests = Mapping[str, Mapping[date, int]]
"""Per attempt id and UTC day: sum mod 2^64 (signed) of the rows' hashes; a day without rows is absent."""


def row_hash(resolution: Resolution, variables: Sequence[str]) -> Column:
    """xxhash64 over location, time and typed values; nulls count by their position, so no value can slip into the next column."""
    cells = chain.from_iterable((f.col(name), f.col(name).isNull()) for name in variables)
    return f.xxhash64("location_id", spec_of(resolution).time_column, *cells)


def has_value(variables: Sequence[str]) -> Column:
    """Whether any of `variables` holds a value."""
    return reduce(or_, [f.col(name).isNotNull() for name in variables])


def digest_rows(rows: DataFrame, resolution: Resolution, variables: Sequence[str]) -> Digests:
    """Digests of `rows` (attempt_id, location_id, time or date, variables); rows without any value do not count."""
    day = f.to_date(spec_of(resolution).time_column).alias("day")
    hashed = rows.where(has_value(variables)).select("attempt_id", day, row_hash(resolution, variables).alias("hash"))
    digests: dict[str, dict[date, int]] = {}
    for row in hashed.groupBy("attempt_id", "day").agg(f.sum("hash").alias("digest")).collect():
        digests.setdefault(row.attempt_id, {})[row.day] = row.digest
    return digests


def hide_covered(
    rows: DataFrame, resolution: Resolution, variables: Sequence[str], newer: Mapping[str, Sequence[Attempt]]
) -> DataFrame:
    """`rows` with null in every cell that a newer attempt asked for too: the newer attempt is responsible for such a cell.

    `newer` lists, per attempt id, the newer attempts that overlap it.
    """
    time = f.col(spec_of(resolution).time_column).cast("timestamp")
    for attempt_id, others in newer.items():
        for other in others:
            chunk = other.chunk
            covered = (
                (f.col("attempt_id") == attempt_id)
                & f.col("location_id").isin([location.location_id for location in chunk.locations])
                & (time >= f.lit(chunk.window.start_at))
                & (time < f.lit(chunk.window.end_at))
            )
            shared = set(variables) & set(chunk.variables)
            rows = rows.withColumns({name: f.when(~covered, f.col(name)) for name in sorted(shared)})
    return rows
