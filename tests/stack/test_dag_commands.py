import os
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from stack.__main__ import main
from stack.airflow_api import AirflowClient, AirflowRefused, Run

DAG = "historic_weather_data_dag"


class FakeAirflow(AirflowClient):
    """An Airflow with one DAG that has one run."""

    def __init__(self) -> None:
        super().__init__("http://fake", "")
        self.triggered: list[tuple[Mapping[str, object] | None, str | None, datetime | None]] = []
        self.refusal = ""

    def dag_ids(self) -> set[str]:
        """The one."""
        return {DAG}

    def trigger(
        self,
        dag_id: str,
        conf: Mapping[str, object] | None = None,
        *,
        run_id: str | None = None,
        logical_date: datetime | None = None,
    ) -> str:
        """Remember it, or refuse as Airflow does."""
        if dag_id != DAG:
            raise AirflowRefused("POST", 404, "not found")
        if run_id == "taken":
            raise AirflowRefused("POST", 409, "unique constraint")
        if self.refusal:
            raise AirflowRefused("POST", 400, self.refusal)
        self.triggered.append((conf, run_id, logical_date))
        return run_id or "manual__1"

    def runs(self, dag_id: str) -> list[Run]:
        """The one."""
        if dag_id != DAG:
            raise AirflowRefused("GET", 404, "not found")
        return [Run(DAG, "manual__1", "success", "manual", None, None, datetime(2026, 11, 25, 6, tzinfo=UTC))]


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> FakeAirflow:
    """The Airflow that the commands ask; Airflow's own command may not be started."""
    fake = FakeAirflow()
    monkeypatch.setattr(AirflowClient, "of_stack", lambda settings: fake)
    monkeypatch.setattr(os, "execve", lambda *command: pytest.fail(f"{command[:2]} was started"))
    return fake


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """`./startup.sh airflow dags ARGUMENTS`; its exit code."""
    monkeypatch.setattr("sys.argv", ["stack", "airflow", "dags", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_trigger_hands_its_arguments_on_and_says_where_to_follow_the_run(
    airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(monkeypatch, "trigger", DAG, "--conf", '{"daily": []}', "--run-id", "a+b", "-l", "2024-05-01")
    assert code == 0
    assert airflow.triggered == [({"daily": []}, "a+b", datetime(2024, 5, 1, tzinfo=UTC))]
    assert f"http://localhost:8080/dags/{DAG}/runs/a%2Bb" in capsys.readouterr().out


def test_a_trigger_without_options_leaves_all_to_airflow(airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "trigger", DAG) == 0
    assert airflow.triggered == [({}, None, None)]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param([DAG, "-r", "taken"], 1, f"{DAG} has a run with this run id taken already: give another", id="run id"),
        pytest.param(
            [DAG, "-r", "taken", "-l", "2024-05-01"], 1, "run id taken or logical date 2024-05-01 already", id="date too"
        ),
        pytest.param(["weather_dag"], 1, f"there is no DAG weather_dag: give one of {DAG}", id="no such DAG"),
        pytest.param([DAG, "--conf", "[1]"], 2, "--conf [1]: must be a JSON object", id="no object"),
        pytest.param([DAG, "--conf", "{start: 1}"], 2, "--conf {start: 1}: no JSON (Expecting property name", id="no JSON"),
        pytest.param([DAG, "--conf", '{"a": NaN}'], 2, "NaN is no number in JSON", id="no number"),
        pytest.param([DAG, "-l", "yesterday"], 2, "--logical-date yesterday: no date: write 2024-05-01", id="no date"),
    ],
)
def test_what_cannot_be_triggered_is_one_line(
    airflow: FakeAirflow,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    says: str,
) -> None:
    assert run(monkeypatch, "trigger", *arguments) == code
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert says in printed.err
    assert airflow.triggered == []


def test_what_airflow_refuses_is_said_in_its_words(
    airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    airflow.refusal = "Invalid input for param start_date: 1 is not of type string"
    assert run(monkeypatch, "trigger", DAG, "-c", '{"start_date": 1}') == 1
    assert capsys.readouterr().err == f"error: {DAG} was not triggered: {airflow.refusal}\n"


def test_runs_are_listed(airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "list-runs", DAG) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["manual__1", "success", "2026-11-25", "06:00:00"]


def test_runs_of_no_dag_are_one_line(
    airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "list-runs", "weather_dag") == 1
    assert capsys.readouterr().err == f"error: there is no DAG weather_dag: give one of {DAG}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["trigger", DAG, "--output", "json"],
        ["trigger", DAG, "--help"],
        ["trigger"],
        ["trigger", DAG, "--conf"],
        ["list-runs", DAG, "--state", "failed"],
        ["list-runs", "--help"],
        ["pause", DAG],
        [],
    ],
)
def test_everything_else_is_airflows_own(airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    started: list[list[str]] = []

    def become(program: str, command: list[str], environment: dict[str, str]) -> None:
        started.append(command[1:])
        raise SystemExit(0)

    monkeypatch.setattr(os, "execve", become)
    run(monkeypatch, *arguments)
    assert started == [["dags", *arguments]]
