"""spark-submit entry: from Kafka into a table as the connector's documentation shows it, with its defaults and no checks.

Arguments: JSON with topic, starts, ends (offsets per partition), host, port, keyspace, table, variables; `is_empty`
makes a session and ends. The logins are those of barograph's settings.
"""

import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

from barograph.settings import get_settings
from barograph.transport.client import java_config


def main() -> None:
    """Read, parse, write."""
    asked = json.loads(sys.argv[1])
    if asked.get("is_empty"):
        SparkSession.builder.getOrCreate().stop()
        return
    settings = get_settings()
    spark = (
        SparkSession.builder.config("spark.cassandra.connection.host", asked["host"])
        .config("spark.cassandra.connection.port", asked["port"])
        .config("spark.cassandra.auth.username", settings.cassandra_username)
        .config("spark.cassandra.auth.password", settings.cassandra_password.get_secret_value())
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    fields = ", ".join(f"{name}: double" for name in asked["variables"])
    records = (
        spark.read.format("kafka")
        .options(**{f"kafka.{name}": value for name, value in java_config(get_settings()).items()})
        .option("assign", json.dumps({asked["topic"]: [int(partition) for partition in asked["starts"]]}))
        .option("startingOffsets", json.dumps({asked["topic"]: asked["starts"]}))
        .option("endingOffsets", json.dumps({asked["topic"]: asked["ends"]}))
        .load()
    )
    schema = f"location_id string, source string, time timestamp, values struct<{fields}>"
    parsed = records.select(f.from_json(f.col("value").cast("string"), schema).alias("record"))
    rows = parsed.select(
        "record.location_id", "record.source", f.year("record.time").alias("year"), "record.time", "record.values.*"
    )
    rows.write.format("org.apache.spark.sql.cassandra").options(keyspace=asked["keyspace"], table=asked["table"]).mode(
        "append"
    ).save()
    spark.stop()


if __name__ == "__main__":
    main()
