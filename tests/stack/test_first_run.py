from datetime import UTC, date, datetime, timedelta

import pytest

from stack.airflow_api import AirflowClient, Run, Task
from stack.errors import StackError
from stack.first_run import AUDIT, ERROR_LINES, FILL, HISTORIC, WEATHER, await_first_run, unpause_dags
from stack.settings import StackSettings
from tests.stack.conftest import MakeSettings

YESTERDAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


class FakeAirflow(AirflowClient):
    """An Airflow with its DAGs and one run, which ends as `ends` says once it runs."""

    def __init__(self, state: str, ends: str = "success") -> None:
        super().__init__("http://fake", "")
        self.state, self.ends = state, ends
        self.paused: dict[str, bool] = {}
        self.cleared: list[str] = []
        self.error = "HTTP 503 from the source; wait for the source"

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

    def task_error(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1) -> str:
        """What its one failed task says."""
        return self.error


def test_a_green_run_starts_nothing(make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]) -> None:
    airflow = FakeAirflow("success")
    assert await_first_run(airflow, make_settings()) == YESTERDAY.date()
    assert airflow.cleared == []
    assert "nothing to run" in capsys.readouterr().out


def test_a_red_run_is_run_again(make_settings: MakeSettings) -> None:
    airflow = FakeAirflow("failed")
    assert isinstance(await_first_run(airflow, make_settings()), date)
    assert airflow.cleared == ["scheduled__1"]


def test_every_change_of_a_task_is_one_line(make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]) -> None:
    await_first_run(FakeAirflow("running"), make_settings())
    lines = [line for line in capsys.readouterr().out.splitlines() if "produce_hourly_metrics" in line]
    assert len(lines) == 1


def red_end(airflow: FakeAirflow, settings: StackSettings) -> list[str]:
    """The lines that `./startup.sh` ends with when the first run ends red."""
    with pytest.raises(StackError) as raised:
        await_first_run(airflow, settings)
    return str(raised.value).splitlines()


def test_a_red_end_says_which_task_why_where_the_log_is_and_what_to_do(make_settings: MakeSettings) -> None:
    settings = make_settings(AIRFLOW_PORT="8090")
    lines = red_end(FakeAirflow("running", ends="failed"), settings)
    assert lines[:3] == [
        "the first run of weather_data_dag failed",
        "  produce_hourly_metrics failed after 2 tries:",
        "    HTTP 503 from the source; wait for the source",
    ]
    assert "http://localhost:8090/dags/weather_data_dag/runs/scheduled__1" in lines[3]
    assert f"{settings.state_dir}/airflow/logs/dag_id=weather_data_dag/run_id=scheduled__1" in lines[4]
    assert "keeps running" in lines[5]
    assert "./startup.sh again" in lines[5]


def test_an_error_of_many_lines_is_cut(make_settings: MakeSettings) -> None:
    airflow = FakeAirflow("running", ends="failed")
    airflow.error = "\n".join(f"- {number} is wrong" for number in range(100))
    lines = red_end(airflow, make_settings())
    assert len(lines) == 2 + ERROR_LINES + 1 + 3
    assert lines[2 + ERROR_LINES].strip() == "…"


def test_the_dags_are_unpaused() -> None:
    airflow = FakeAirflow("success")
    unpause_dags(airflow, with_daily=True)
    assert airflow.paused == {WEATHER: False, AUDIT: False, HISTORIC: False, FILL: False}


def test_a_replay_keeps_the_daily_dags_paused() -> None:
    airflow = FakeAirflow("success")
    unpause_dags(airflow, with_daily=False)
    assert airflow.paused == {WEATHER: True, AUDIT: True, HISTORIC: False, FILL: False}
