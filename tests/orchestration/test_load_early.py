"""What is loaded while a produce task still produces."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowSkipException, TaskDeferred

from barograph.model.attempt import Attempt, Manifest, Status
from barograph.model.chunk import Chunk
from barograph.model.generation import Generation
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.orchestration import load_early
from barograph.orchestration.load_early import EARLY, LONGEST_PAUSE, SHORTEST_PAUSE, LoadEarlyOperator
from barograph.orchestration.spark import LocalJarsOperator

PRODUCES = "produce_hourly_metrics"
NOW = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
A_YEAR = Window(date(2024, 1, 1), date(2025, 1, 1))
ENOUGH = 1 + EARLY // (366 * 24)


def sent(version: int, status: Status = "EXTRACTED") -> Attempt:
    """An attempt at a year of hours."""
    chunk = Chunk("model/a", "hourly", (Location("1", "2"),), ("rain",), A_YEAR)
    return Attempt(chunk, version, status, "some_dag/manual__1", PRODUCES, Manifest("t", "id", {0: (0, 9)}, 9, 1))


@dataclass
class Run:
    """A run whose produce task has sent `attempts`; `loaded` keeps what each early load was given."""

    attempts: Sequence[Attempt] = ()
    state: str | None = "running"
    error: Exception | None = None
    loaded: list[list[str]] = field(default_factory=list)

    def look(self, began: datetime = NOW, loads: int = 0) -> TaskDeferred | None:
        """Let the task look once; how it is deferred, None = it has ended."""
        ti = SimpleNamespace(dag_id="some_dag", get_task_states=lambda **_: {"manual__1": {PRODUCES: self.state}})
        context = cast("Context", {"ti": ti, "run_id": "manual__1"})
        try:
            LoadEarlyOperator(task_id="load_early_hourly", produces=PRODUCES).go_on(context, since=began.isoformat(), loads=loads)
        except TaskDeferred as deferred:
            return deferred
        return None


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run that has sent nothing yet."""
    made = Run()

    def execute(operator: LocalJarsOperator, context: Context) -> None:
        (_, path) = cast("Any", operator.arguments(context))
        with open(path, encoding="utf-8") as listed:  # noqa: PTH123  # the file that the job is given
            made.loaded.append(listed.read().split())
        if made.error:
            raise made.error

    generations = SimpleNamespace(
        of_run=lambda dag_id, run_id: [Generation(dag_id, run_id, task, 1) for task in (PRODUCES, "produce_daily_metrics")],
        read_sent=lambda generation: made.attempts if generation.task == PRODUCES else [sent(99)],
    )
    monkeypatch.setattr(load_early, "open_store", lambda settings: nullcontext(SimpleNamespace(generations=generations)))
    monkeypatch.setattr(load_early, "now_utc", lambda: NOW)
    monkeypatch.setattr(LocalJarsOperator, "execute", execute)
    return made


def test_a_million_observations_that_wait_are_loaded_while_more_are_produced(run: Run) -> None:
    run.attempts = [sent(n) for n in range(ENOUGH)]
    assert run.look() is not None
    assert run.loaded == [[attempt.attempt_id for attempt in run.attempts]]


def test_fewer_wait_for_the_load_of_the_run(run: Run) -> None:
    run.attempts = [sent(n) for n in range(ENOUGH - 1)]
    assert run.look() is not None
    assert run.loaded == []


def test_what_is_committed_is_not_loaded_again(run: Run) -> None:
    run.attempts = [sent(n, "COMMITTED") for n in range(ENOUGH)] + [sent(ENOUGH)]
    run.look()
    assert run.loaded == []


@pytest.mark.parametrize("state", ["success", "skipped"])
def test_it_ends_with_the_produce_task_skipped_where_it_loaded_nothing(run: Run, state: str) -> None:
    run.state = state
    assert run.look(loads=1) is None
    with pytest.raises(AirflowSkipException, match="nothing had to be loaded early"):
        run.look()


@pytest.mark.parametrize("state", ["failed", "upstream_failed"])
def test_what_a_failed_produce_task_has_sent_is_loaded_however_little_it_is(run: Run, state: str) -> None:
    run.state, run.attempts = state, [sent(1)]
    assert run.look() is None
    assert run.loaded == [[sent(1).attempt_id]]


@pytest.mark.parametrize("state", [None, "scheduled", "queued", "deferred", "up_for_retry"])
def test_it_goes_on_while_more_may_come(run: Run, state: str | None) -> None:
    run.state = state
    assert run.look() is not None


def test_a_load_that_fails_is_left_to_the_load_of_the_run(run: Run) -> None:
    run.attempts, run.error = [sent(n) for n in range(ENOUGH)], AirflowException("Kafka is away")
    assert run.look() is not None
    assert len(run.loaded) == 1


@pytest.mark.parametrize(
    ("minutes", "pause"), [(0, SHORTEST_PAUSE), (1, timedelta(seconds=30)), (6, timedelta(minutes=3)), (600, LONGEST_PAUSE)]
)
def test_it_looks_the_more_seldom_the_longer_the_run_takes(run: Run, minutes: int, pause: timedelta) -> None:
    deferred = run.look(NOW - timedelta(minutes=minutes))
    assert deferred is not None
    assert cast("Any", deferred.trigger).moment - NOW == pause
    assert deferred.kwargs == {"since": (NOW - timedelta(minutes=minutes)).isoformat(), "loads": 0}
