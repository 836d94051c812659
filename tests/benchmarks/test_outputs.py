"""What other programs say is read as they say it."""

import json
from pathlib import Path

import pytest

from benchmarks import dsbulk
from benchmarks.processes import ProgramFailed
from benchmarks.spark_event_log import END, START, read_event_log

SAID = """
Operation directory: /logs/LOAD_20260101-000000-000000
    total | failed | rows/s | p50ms | p99ms | p999ms | batches
{total} | {failed} | 33,360 | 11.82 | 47.19 |  92.27 |   31.28
Operation LOAD_20260101-000000-000000 completed successfully in 30 seconds.
"""


def test_dsbulks_own_seconds_follow_from_its_mean_rate() -> None:
    assert dsbulk.read_output(SAID.format(total="1,000,800", failed="     0"), 1_000_800) == {"engine": 30.0}


@pytest.mark.parametrize(("total", "failed"), [("1,000,799", "0"), ("1,000,800", "1")])
def test_a_load_that_is_not_whole_does_not_count(total: str, failed: str) -> None:
    with pytest.raises(ProgramFailed, match=f"loaded {total.replace(',', '')} of 1000800 rows, {failed} failed"):
        dsbulk.read_output(SAID.format(total=total, failed=failed), 1_000_800)


def event(name: str, number: int, time_ms: int, description: str = "", root: int | None = None) -> dict[str, object]:
    """One line of Spark's event log about an action."""
    parts = {"Event": name, "executionId": number, "time": time_ms, "description": description}
    return parts if root is None else parts | {"rootExecutionId": root}


def test_the_write_stage_is_the_time_of_spark_saving(tmp_path: Path) -> None:
    metrics = {"Executor Run Time": 1500, "Executor CPU Time": 1_250_000_000, "JVM GC Time": 250}
    events = [
        event(START, 0, 10_000, "collect at /somewhere/landing/counted.py:44"),
        event(END, 0, 14_000),
        event(START, 1, 15_000, "save at NativeMethodAccessorImpl.java:0"),
        event(START, 2, 15_500, "save at NativeMethodAccessorImpl.java:0", root=1),
        event(END, 2, 16_000),
        {"Event": "SparkListenerTaskEnd", "Task Metrics": metrics | {"Shuffle Write Metrics": {"Shuffle Bytes Written": 2**20}}},
        event(END, 1, 17_500),
    ]
    (tmp_path / "local-1").write_text("\n".join(map(json.dumps, events)))
    record = read_event_log(tmp_path)
    assert [(action.name, action.seconds) for action in record.actions] == [("collect at counted.py:44", 4.0), ("save", 2.5)]
    assert (record.write_s, record.until_written_s) == (2.5, 7.5)
    assert (record.tasks, record.run_s, record.cpu_s, record.gc_s, record.shuffle_mib) == (1, 1.5, 1.25, 0.25, 1.0)
