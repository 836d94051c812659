"""A stalled job ends itself, so that Airflow can try again: some waits of the libraries below never end.

A known one: once its control connection was lost, the Java driver's schema refresh may never return.
Source: https://github.com/scylladb/java-driver/issues/343
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import psutil
from pyspark.sql import SparkSession

STALLED_S: Final = 180
"""Outside of Spark's jobs every intended wait ends sooner: Cassandra's and Kafka's requests after 30 s."""
IDLE_CPU_S: Final = 4
"""CPU seconds that a waiting JVM and Python use at most in STALLED_S: 2 %. Measured: docs/decisions/0016."""
LOOK_EVERY_S: Final = 5


@dataclass
class Progress:
    """When (monotonic seconds) a job last moved, and how many CPU seconds its processes had used by then."""

    moved_at_s: float
    used_s: float

    def stalled_for_s(self, now_s: float, used_s: float, *, is_spark_busy: bool) -> float:
        """How long nothing has moved: no Spark job has run, and neither JVM nor Python has worked."""
        if is_spark_busy or used_s - self.used_s > IDLE_CPU_S:
            self.moved_at_s, self.used_s = now_s, used_s
        return now_s - self.moved_at_s


def used_cpu_s() -> float:
    """CPU seconds that this process and its JVM, parent (spark-submit's) or child, have used so far."""
    itself, used_s = psutil.Process(), 0.0
    for process in (itself, itself.parent(), *itself.children()):
        with suppress(psutil.NoSuchProcess):  # it has just ended
            used_s += sum(process.cpu_times()[:2]) if process else 0.0
    return used_s


@contextmanager
def watched(spark: SparkSession, name: str) -> Iterator[None]:
    """End this process with a line of its own and exit code 1 when the work inside makes no progress for STALLED_S."""
    done = threading.Event()

    def watch() -> None:
        """Look at the progress until the work is done."""
        progress = Progress(time.monotonic(), used_cpu_s())
        while not done.wait(LOOK_EVERY_S):
            is_busy = bool(spark.sparkContext.statusTracker().getActiveJobsIds())
            if progress.stalled_for_s(time.monotonic(), used_cpu_s(), is_spark_busy=is_busy) > STALLED_S:
                what = f"nothing has moved for {STALLED_S} s: look at Cassandra, then clear the {name} task"
                print(f"barograph: {name} failed: {what}", file=sys.stderr, flush=True)
                os._exit(1)  # the thread that waits cannot be woken

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
