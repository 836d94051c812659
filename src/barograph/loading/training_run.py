"""A load of made-up records into nothing, with no service around: Java archives the classes that it needed."""

from contextlib import suppress
from typing import Final

from py4j.protocol import Py4JJavaError
from pyspark.sql import functions as f

from barograph.loading.digest import digest_rows
from barograph.loading.reconcile import count_records
from barograph.loading.session import start_session
from barograph.loading.validate import validate_records
from barograph.loading.write import good_rows
from barograph.model.resolution import spec_of
from barograph.model.variables import get_variable
from barograph.settings import Settings
from barograph.sinks.cassandra.sink import FORMAT

RECORDS: Final = """
    SELECT 'topic' AS topic, 0 AS partition, id AS offset, CAST('1,2' AS binary) AS key, 'a' AS attempt_id,
      array(struct('attempt_id' AS key, CAST('a' AS binary) AS value)) AS headers, true AS is_ours, id AS version,
      true AS is_asked,
      CAST('{"location_id":"1,2","source":"s","time":"2024-04-01T00:00:00Z","values":{"rain":0.5}}' AS binary) AS value,
      timestamp '2024-04-01' AS window_start, timestamp '2024-04-02' AS window_end
    FROM range(50)
"""
"""Rows as `read_records` makes them."""

ASKED: Final = {
    "kafka.bootstrap.servers": "127.0.0.1:1",
    "kafka.request.timeout.ms": "500",
    "kafka.default.api.timeout.ms": "1000",
    "assign": '{"t":[0]}',
    "startingOffsets": '{"t":{"0":0}}',
    "endingOffsets": '{"t":{"0":1}}',
    "includeHeaders": "true",
}
"""Options for a broker that is not there, given up after a second."""


def main() -> None:
    """Parse, count and digest as a load does; ask Kafka and Cassandra where neither runs, which loads their clients."""
    spark = start_session(Settings(cassandra_host="127.0.0.1", cassandra_port=1))
    names, key = ["rain"], [*spec_of("hourly").partition_key, "time"]
    known = spark.range(1).select(f.inline(f.from_json(f.lit('[{"known_id":"a"}]'), "array<struct<known_id: string>>")))
    records = spark.sql(RECORDS).join(f.broadcast(known), f.col("attempt_id") == f.col("known_id"), "left").drop("known_id")
    validated = validate_records(records, "hourly", [get_variable(name, "hourly") for name in names], "s").persist()
    count_records(validated, "hourly", names)
    digest_rows(good_rows(validated), "hourly", names)
    good_rows(validated).select(*key, *names).write.format("noop").mode("append").save()
    for format_, options in (("kafka", ASKED), (FORMAT, {"keyspace": "barograph", "table": "none"})):
        with suppress(Py4JJavaError):  # no service is there
            spark.read.format(format_).options(**options).load().count()
    spark.stop()
