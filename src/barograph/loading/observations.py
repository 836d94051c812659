"""Records into typed rows: what is good, what is missing, and why the rest cannot land."""

from collections.abc import Sequence
from functools import reduce
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from barograph.loading.records import header
from barograph.model.observation import SCHEMA
from barograph.model.resolution import Resolution, spec_of
from barograph.model.variables import Variable

PARSED_AS: Final = {"double": "double", "int": "int", "timestamp": "string"}
NEWER_SCHEMA: Final = f"schema: newer than {SCHEMA}, which this reader knows"
RULED_BY: Final = ("window_start", "window_end", "is_asked")
INSTANT: Final = "yyyy-MM-dd'T'HH:mm:ssX"


def parse_observations(records: DataFrame, resolution: Resolution, variables: Sequence[Variable], source: str) -> DataFrame:
    """Typed rows of `records` (see `read_records`), one for each.

    Adds: checksum (crc32 over key and value), location_id, source, time or date (and year for hourly), one column per
    variable, reason (null = good; otherwise why it goes to quarantine) and is_missing (all asked variables are null).
    Good rows keep neither key, value nor headers, and none what they were only validated by.
    """
    fields = ", ".join(f"`{variable.name}`: {PARSED_AS[variable.type]}" for variable in variables)
    schema = f"location_id: string, source: string, time: string, values: struct<{fields}>, broken: string"
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "broken", "allowNonNumericNumbers": "false"}
    parsed = records.withColumn("record", f.from_json(f.col("value").cast("string"), f"struct<{schema}>", options))
    typed = parsed.select(
        "*",
        f.crc32(f.concat(f.coalesce("key", f.lit(b"")), f.coalesce("value", f.lit(b"")))).alias("checksum"),
        f.col("record.location_id").alias("location_id"),
        f.lit(source).alias("source"),
        *_time_columns(resolution),
        *(_typed(variable).alias(variable.name) for variable in variables),
    )
    validated = typed.withColumn("reason", _reason(resolution, variables, source))
    is_bad = f.col("reason").isNotNull()
    validated = validated.withColumns({name: f.when(is_bad, f.col(name)) for name in ("key", "value", "headers")})
    nothing = reduce(Column.__and__, [f.col(variable.name).isNull() for variable in variables])
    return validated.withColumn("is_missing", f.col("reason").isNull() & nothing).drop("record", *RULED_BY)


def _time_columns(resolution: Resolution) -> list[Column]:
    """The time of a record as its table keeps it, and the period it belongs to."""
    spec = spec_of(resolution)
    if spec.time_column == "date":
        return [f.to_date("record.time", "yyyy-MM-dd").alias("date")]
    time = f.to_timestamp("record.time", INSTANT)
    periods = {"year": f.year(time).alias("year"), "day": f.to_date(time).alias("day")}
    return [time.alias("time"), *([periods[spec.period]] if spec.period else [])]


def _off_step(resolution: Resolution) -> tuple[Column, str] | None:
    """The rule that a record's time lies on a step of `resolution`; None where any time may come, or its type says it."""
    spec = spec_of(resolution)
    if spec.step is None or spec.time_column == "date":
        return None
    return f.unix_timestamp("time") % int(spec.step.total_seconds()) != 0, f"schema: the time is on no {resolution} step"


def _typed(variable: Variable) -> Column:
    value = f.col("record.values")[variable.name]
    return f.to_timestamp(value, INSTANT) if variable.type == "timestamp" else value


def _reason(resolution: Resolution, variables: Sequence[Variable], source: str) -> Column:
    """The first rule that a record breaks, null if none; the order goes from the envelope to the values."""
    time = f.col(spec_of(resolution).time_column).cast("timestamp")
    in_window = (time >= f.col("window_start")) & (time < f.col("window_end"))
    rules: list[tuple[Column, Column | str]] = [
        (~f.col("is_ours"), "foreign: no header attempt_id that the ledger knows"),
        (header("schema").cast("int") > int(SCHEMA), NEWER_SCHEMA),
        (f.col("value").isNull() | (f.length("value") == 0), "undecodable: the record has no value"),
        (
            f.col("record.broken").isNotNull() & f.get_json_object(f.col("value").cast("string"), "$").isNull(),
            "undecodable: not JSON",
        ),
        (f.col("record.broken").isNotNull(), "type: a value has not the type of its variable"),
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
    rules: list[tuple[Column, Column | str]] = []
    if variable.type == "double":
        rules.append((f.isnan(value), f"type: {variable.name} is not a number"))
    if variable.lowest is not None and variable.highest is not None:
        bounds = f" is outside {variable.lowest:g}..{variable.highest:g} {variable.unit}"
        why = f.concat(f.lit(f"out of bounds: {variable.name} "), value.cast("string"), f.lit(bounds))
        rules.append((~value.between(variable.lowest, variable.highest), why))
    return rules
