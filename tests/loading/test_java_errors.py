"""Java errors, as py4j hands them on, and where they send the operator."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from py4j.protocol import Py4JJavaError

from barograph.loading.java_errors import describe, is_of_kafka


@dataclass
class Java:
    """A Java exception: its text, and its cause."""

    text: str
    cause: "Java | None" = None

    def toString(self) -> str:  # noqa: N802  # Java's own name
        """As Java prints it."""
        return self.text

    def getCause(self) -> "Java | None":  # noqa: N802  # Java's own name
        """What caused it."""
        return self.cause


def error_of(*texts: str) -> Py4JJavaError:
    """The error of a chain of exceptions, the outermost first."""
    cause: Java | None = None
    for text in reversed(texts):
        cause = Java(text, cause)
    error = Py4JJavaError.__new__(Py4JJavaError)
    made: Any = error
    made.java_exception, made.errmsg, made.exception_cmd = cause, "", SimpleNamespace()
    return error


ABORTED = "org.apache.spark.SparkException: Job aborted due to stage failure"


@pytest.mark.parametrize(
    "texts",
    [
        ("org.apache.kafka.common.errors.TimeoutException: Timeout of 60000ms expired",),
        (ABORTED, "java.util.concurrent.ExecutionException", "org.apache.kafka.common.errors.DisconnectException"),
        (f"{ABORTED}: Lost task 0.0: org.apache.kafka.common.KafkaException: no broker",),
        (ABORTED, "org.apache.spark.sql.kafka010.KafkaIllegalStateException: Cannot fetch offset 7"),
    ],
)
def test_what_kafka_raised_is_found_in_the_causes(texts: tuple[str, ...]) -> None:
    assert is_of_kafka(error_of(*texts))


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ((ABORTED, "java.lang.OutOfMemoryError: Java heap space"), "raise SPARK_DRIVER_MEMORY"),
        ((ABORTED, "java.io.IOException: No space left on device"), "the disk is full"),
        ((ABORTED, "com.datastax.oss.driver.api.core.AllNodesFailedException: none"), "look at Cassandra"),
        ((ABORTED, "java.lang.StackOverflowError"), "java.lang.StackOverflowError"),
    ],
)
def test_nothing_else_sends_to_the_broker(texts: tuple[str, ...], says: str) -> None:
    error = error_of(*texts)
    assert not is_of_kafka(error)
    assert says in describe(error)
    assert "broker" not in describe(error)
