"""Spark's own record of a job: how long each action took, and what its tasks spent the time on."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

START: Final = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart"
END: Final = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionEnd"


@dataclass(frozen=True, slots=True)
class Action:
    """One action: what called it (`save`, `collect at counted.py:38`), when it began (s since 1970) and how long it took."""

    name: str
    began_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One run of spark-submit. Task figures are sums over all tasks, in seconds and MiB."""

    actions: list[Action]
    tasks: int
    run_s: float
    cpu_s: float
    gc_s: float
    shuffle_mib: float

    @property
    def write_s(self) -> float:
        """Seconds in actions that save: the write stage."""
        return sum(action.seconds for action in self.actions if action.name.startswith("save"))

    @property
    def until_written_s(self) -> float:
        """Seconds from the first action's begin to the end of the last that saves: reading, checking, writing; 0 = none saves."""
        ends = [action.began_s + action.seconds for action in self.actions if action.name.startswith("save")]
        return max(ends) - min(action.began_s for action in self.actions) if ends else 0.0

    def as_figures(self) -> dict[str, float]:
        """The same for a measurement."""
        figures = {"write": self.write_s, "until written": self.until_written_s, "tasks": float(self.tasks)}
        figures |= {"task run": self.run_s, "task cpu": self.cpu_s, "task gc": self.gc_s, "shuffled mib": self.shuffle_mib}
        for number, action in enumerate(self.actions, start=1):
            figures[f"action {number} {action.name}"] = action.seconds
        return figures


def event_log_conf(folder: Path) -> list[str]:
    """Arguments of spark-submit that write the record into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    conf = {"spark.eventLog.enabled": "true", "spark.eventLog.dir": folder.as_uri()}
    return [part for name, value in conf.items() for part in ("--conf", f"{name}={value}")]


def read_event_log(folder: Path) -> JobRecord:
    """The one record in `folder`.

    Raises:
        ValueError: there is none, or more than one.
    """
    (path,) = [one for one in folder.iterdir() if not one.name.startswith(".")]
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    spent: dict[str, float] = defaultdict(float)
    for event in events:
        if event["Event"] == "SparkListenerTaskEnd":
            metrics = event["Task Metrics"]
            spent["tasks"] += 1
            spent["run"] += metrics["Executor Run Time"] / 1e3
            spent["cpu"] += metrics["Executor CPU Time"] / 1e9
            spent["gc"] += metrics["JVM GC Time"] / 1e3
            spent["shuffle"] += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"] / 2**20
    return JobRecord(list(_actions(events)), int(spent["tasks"]), spent["run"], spent["cpu"], spent["gc"], spent["shuffle"])


def _actions(events: list[dict[str, Any]]) -> Iterator[Action]:
    """Actions in order; one that is part of another (a broadcast of it) is left out."""
    ends = {event["executionId"]: event["time"] for event in events if event["Event"] == END}
    for event in events:
        number = event.get("executionId")
        if event["Event"] == START and number in ends and event.get("rootExecutionId", number) == number:
            yield Action(_name(event["description"]), event["time"] / 1e3, (ends[number] - event["time"]) / 1e3)


def _name(description: str) -> str:
    """What called it, without folders and without the way through py4j."""
    return re.sub(r"\S*/", "", description.split(" at NativeMethod")[0])
