"""What a Java error in Spark is about, so that its message sends the operator to the right service."""

from collections.abc import Iterator
from typing import Final

from py4j.java_gateway import JavaObject
from py4j.protocol import Py4JJavaError

from barograph.printable import one_line

KAFKA: Final = ("org.apache.kafka.", "org.apache.spark.sql.kafka010.", "org.apache.spark.kafka010.")
REMEDIES: Final = (
    ("OutOfMemoryError", "Java had no memory left: raise SPARK_DRIVER_MEMORY (SPARK_EXECUTOR_MEMORY on a cluster) in .env"),
    ("No space left on device", "the disk is full: make room where the stack keeps its data"),
    ("com.datastax.oss.driver.", "look at Cassandra (./startup.sh status)"),
    ("com.datastax.spark.connector", "look at Cassandra (./startup.sh status)"),
)
"""A part of an error's text, and what to do about it."""
MOST_CAUSES: Final = 20


def causes_of(error: Py4JJavaError) -> Iterator[str]:
    """The Java error and its causes as text, class name first, from the outermost to the innermost."""
    cause: JavaObject | None = error.java_exception
    for _ in range(MOST_CAUSES):
        if cause is None:
            return
        yield str(cause.toString())
        cause = cause.getCause()


def is_of_kafka(error: Py4JJavaError) -> bool:
    """Whether Kafka, or Spark's reader of it, raised the error or one of its causes."""
    return any(cause.startswith(KAFKA) or f": {KAFKA[0]}" in cause for cause in causes_of(error))


def describe(error: Py4JJavaError) -> str:
    """The innermost cause in one line, and what to do about it where that is known."""
    causes = list(causes_of(error))
    innermost = one_line((causes[-1] if causes else str(error)).partition("\n")[0])
    text = "\n".join(causes)
    remedy = next((remedy for part, remedy in REMEDIES if part in text), "")
    return f"{innermost}; {remedy}" if remedy else innermost
