from datetime import UTC, date, datetime, timedelta

import pytest

from stack.airflow_api import AirflowClient, Run, Task
from stack.errors import StackError
from stack.first_run import AUDIT, FILL, HISTORIC, WEATHER, await_first_run, unpause_dags

YESTERDAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


class FakeAirflow(AirflowClient):
    """An Airflow with its DAGs and one run, which ends as `ends` says once it runs."""

    def __init__(self, state: str, ends: str = "success") -> None:
        super().__init__("http://fake", "")
        self.state, self.ends = state, ends
        self.paused: dict[str, bool] = {}
        self.cleared: list[str] = []

    def dag_ids(self) -> set[str]:
        """All."""
        return {WEATHER, HISTORIC, AUDIT, FILL}

    def pause(self, dag_id: str, *, is_paused: bool = True) -> None:
        """Remember it."""
        self.paused[dag_id] = is_paused

    def run(self, dag_id: str, run_id: str) -> Run:
        """The run, ended by now."""
        self.state = self.ends if self.state == "running" else self.state
        return Run(dag_id, run_id, self.state, "scheduled", YESTERDAY)

    def find_run(self, dag_id: str, data_interval_start: datetime) -> Run | None:
        """The one run."""
        return Run(dag_id, "scheduled__1", self.state, "scheduled", data_interval_start)

    def clear_run(self, dag_id: str, run_id: str, *, only_failed: bool = False) -> None:
        """Let it run again."""
        self.cleared.append(run_id)
        self.state = "running"

    def tasks(self, dag_id: str, run_id: str) -> list[Task]:
        """A green one, and one in the run's state."""
        return [Task("plan_request", "success", 1), Task("produce_hourly_metrics", self.state, 2)]

    def task_log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1) -> list[str]:
        """One line."""
        return [f"{task_id} try {try_number}: the source is away"]


def test_a_green_run_starts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    airflow = FakeAirflow("success")
    assert await_first_run(airflow) == YESTERDAY.date()
    assert airflow.cleared == []
    assert "nothing to run" in capsys.readouterr().out


def test_a_red_run_is_run_again() -> None:
    airflow = FakeAirflow("failed")
    assert isinstance(await_first_run(airflow), date)
    assert airflow.cleared == ["scheduled__1"]


def test_every_change_of_a_task_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    await_first_run(FakeAirflow("running"))
    lines = [line for line in capsys.readouterr().out.splitlines() if "produce_hourly_metrics" in line]
    assert len(lines) == 1


def test_a_red_end_names_the_task_its_log_and_that_the_stack_stays_up() -> None:
    with pytest.raises(StackError, match=r"(?s)produce_hourly_metrics is red.*try 2: the source is away.*stays up"):
        await_first_run(FakeAirflow("running", ends="failed"))


def test_the_dags_are_unpaused() -> None:
    airflow = FakeAirflow("success")
    unpause_dags(airflow, with_daily=True)
    assert airflow.paused == {WEATHER: False, AUDIT: False, HISTORIC: False, FILL: False}


def test_a_replay_keeps_the_daily_dags_paused() -> None:
    airflow = FakeAirflow("success")
    unpause_dags(airflow, with_daily=False)
    assert airflow.paused == {WEATHER: True, AUDIT: True, HISTORIC: False, FILL: False}
