"""How much of an attempt may be bad: beyond that something is wrong at large, and nothing of it is written."""

from decimal import Decimal

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from barograph.errors import TooManyBad
from barograph.loading.reconcile import BatchCounts


def find_too_many_bad(validated: DataFrame, counts: BatchCounts, max_bad_fraction: float) -> dict[str, TooManyBad]:
    """By attempt id, those of which more than `max_bad_fraction` (0..1) of the asked observations are bad.

    `validated` is what `parse_observations` gave, `counts` its counts. Each error names the reasons with their counts, and an
    example of each.
    """
    refused = {}
    for attempt_id, counted in sorted(counts.ours.items()):
        allowed = int(Decimal(str(max_bad_fraction)) * counted.count)
        if counted.quarantined > allowed:
            refused[attempt_id] = TooManyBad(
                f"attempt {attempt_id}: {counted.quarantined} of {counted.count} asked observations cannot land, "
                f"MAX_BAD_FRACTION={max_bad_fraction:g} allows {allowed}; nothing was written. "
                f"Reasons: {_reasons(validated, attempt_id)}. Mend the source or the bounds in the variables file, "
                "or raise MAX_BAD_FRACTION to quarantine them; then clear the load task"
            )
    return refused


def _reasons(validated: DataFrame, attempt_id: str) -> str:
    """Each kind of reason (the part before the colon) with its count and an example, the most frequent first."""
    bad = validated.where(f.col("is_ours") & (f.col("attempt_id") == attempt_id) & f.col("reason").isNotNull())
    kinds = bad.groupBy(f.substring_index("reason", ":", 1).alias("kind"))
    rows = kinds.agg(f.count("*").alias("count"), f.min("reason").alias("example")).orderBy(f.desc("count"), "kind").collect()
    return ", ".join(f"{row['count']} like {row['example']!r}" for row in rows)
