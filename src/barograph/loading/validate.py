"""Is a record fit to land? The rules, from the envelope to the values; the first rule that it breaks is its reason."""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from barograph.loading.batch import Batch, LoadContext
from barograph.loading.decode import decode_json, header, read_records
from barograph.model.observation import SCHEMA
from barograph.model.resolution import Resolution, spec_of
from barograph.model.variables import Variable, get_variable
from barograph.transport.client import java_config

NEWER_SCHEMA: Final = f"schema: newer than {SCHEMA}, which this reader knows"
RULED_BY: Final = ("window_start", "window_end", "is_asked", "record", "undecodable")


def validate_batch(batch: Batch, services: LoadContext, records: DataFrame | None = None) -> DataFrame:
    """The rows of `validate_records` for what Kafka holds of `batch`, or for `records` instead.

    Raises:
        ManifestMismatch: an attempt has no manifest.
    """
    if records is None:
        records = read_records(services.spark, java_config(services.settings), batch.manifests)
    variables = [get_variable(name, batch.resolution) for name in batch.variables]
    return validate_records(records, batch.resolution, variables, batch.source)


def validate_records(records: DataFrame, resolution: Resolution, variables: Sequence[Variable], source: str) -> DataFrame:
    """Typed rows of `records` (see `read_records`), one for each.

    Adds: checksum (crc32 over key and value), location_id, source, time or date (and the period of the resolution), one column
    per variable, reason (null = it lands; otherwise why it goes to quarantine), flag (why some of its values are withheld; null =
    none are), withheld (the names of those variables) and is_missing (all asked variables are null). A value outside its
    bounds is withheld: it is null here, and the others land without it; where none are left, that is the record's reason.
    What goes to quarantine keeps key, value and headers, and no row what only the rules needed.
    """
    decoded = decode_json(records, resolution, variables).withColumn("source", f.lit(source))
    ruled = decoded.withColumn("reason", _reason(resolution, variables, source))
    why, withheld, is_all = _withheld(variables)
    is_fit = f.col("reason").isNull()
    validated = ruled.withColumns(
        {
            "reason": f.coalesce("reason", f.when(is_all, why)),
            "flag": f.when(is_fit & ~is_all, why),
            "withheld": f.when(is_fit & ~is_all & why.isNotNull(), withheld),
        }
    )
    is_kept = f.coalesce("reason", "flag").isNotNull()
    whole = {name: f.when(is_kept, f.col(name)) for name in ("key", "value", "headers")}
    within = {
        variable.name: f.when(~_is_beyond(variable), f.col(variable.name))
        for variable in variables
        if variable.lowest is not None
    }
    validated = validated.withColumns({**whole, **within})
    nothing = reduce(and_, [f.col(variable.name).isNull() for variable in variables])
    return validated.withColumn("is_missing", f.col("reason").isNull() & nothing).drop(*RULED_BY)


def _is_beyond(variable: Variable) -> Column:
    """Whether a value is outside the bounds of `variable`; false where it is null, or there are none."""
    if variable.lowest is None or variable.highest is None:
        return f.lit(False)
    return f.coalesce(~f.col(variable.name).between(variable.lowest, variable.highest), f.lit(False))


def _withheld(variables: Sequence[Variable]) -> tuple[Column, Column, Column]:
    """Of a record's values outside their bounds: why (null = there are none), their names, and whether no value is left."""
    why = [f.when(_is_beyond(variable), _describe(variable)) for variable in variables]
    names = f.array_compact(f.array(*(f.when(_is_beyond(variable), f.lit(variable.name)) for variable in variables)))
    left = [f.col(variable.name).isNotNull() & ~_is_beyond(variable) for variable in variables]
    is_any_beyond = reduce(or_, map(_is_beyond, variables))
    flag = f.when(is_any_beyond, f.concat(f.lit("out of bounds: "), f.concat_ws("; ", *why)))
    return flag, names, is_any_beyond & ~reduce(or_, left)


def _describe(variable: Variable) -> Column:
    lowest, highest = (f"{bound:g}" if bound is not None else "" for bound in (variable.lowest, variable.highest))
    bounds = f" is outside {lowest}..{highest} {variable.unit}"
    return f.concat(f.lit(f"{variable.name} "), f.col(variable.name).cast("string"), f.lit(bounds))


def _off_step(resolution: Resolution) -> tuple[Column, str] | None:
    """The rule that a record's time lies on a step of `resolution`; None where any time is allowed, or its type is a day."""
    spec = spec_of(resolution)
    if spec.step is None or spec.time_column == "date":
        return None
    return f.unix_timestamp("time") % int(spec.step.total_seconds()) != 0, f"schema: the time is on no {resolution} step"


def _reason(resolution: Resolution, variables: Sequence[Variable], source: str) -> Column:
    """The first rule that a record breaks, null if none; the order goes from the envelope to the values."""
    time = f.col(spec_of(resolution).time_column).cast("timestamp")
    in_window = (time >= f.col("window_start")) & (time < f.col("window_end"))
    rules: list[tuple[Column, Column | str]] = [
        (~f.col("is_ours"), "foreign: no header attempt_id that the ledger knows"),
        (header("schema").cast("int") > int(SCHEMA), NEWER_SCHEMA),
        (f.col("undecodable").isNotNull(), f.col("undecodable")),
        (f.col("key").isNull() | (f.length("key") == 0) | f.col("location_id").isNull(), "key missing: location_id"),
        (f.col("record.time").isNull(), "key missing: time"),
        (f.coalesce(header("schema"), f.lit("")) != SCHEMA, f"schema: this reader knows schema {SCHEMA}"),
        (f.col("record.values").isNull(), "schema: no values"),
        (f.col("key").cast("string") != f.col("location_id"), "schema: key and location_id differ"),
        (f.coalesce(f.col("record.source"), f.lit("")) != source, f"schema: the source is not {source}"),
        (~f.coalesce(in_window, f.lit(False)), "schema: the time is not in the attempt's window"),
        *([off_step] if (off_step := _off_step(resolution)) else []),
        (~f.col("is_asked"), "schema: the location is none of the attempt's"),
    ]
    rules += [rule for variable in variables for rule in _value_rules(variable)]
    return f.coalesce(*(f.when(broken, f.lit(why) if isinstance(why, str) else why) for broken, why in rules))


def _value_rules(variable: Variable) -> list[tuple[Column, Column | str]]:
    value = f.col(variable.name)
    if variable.type == "timestamp":
        unread = value.isNull() & f.col("record.values")[variable.name].isNotNull()
        return [(unread, f"type: {variable.name} is not a time like 2024-04-01T04:53:00Z")]
    return [(f.isnan(value), f"type: {variable.name} is not a number")] if variable.type == "double" else []
