"""An API key in real tasks: `airflow dags test` runs them with their logs, and the key is nowhere but in the header."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cassandra.cluster import Session

from stack.airflow_api import AirflowClient
from stack.airflow_home import airflow_environment
from stack.environment import airflow_connections
from stack.settings import REPOSITORY
from stack.side_stack import SideStack
from stack.simulator_control import SimulatorControl

pytestmark = pytest.mark.integration
KEY = "professional-5ecre7marker"
PLACE = "latitude=31&longitude=32"
CONF = {
    "start_date": "2018-03-01",
    "end_date": "2018-03-01",
    "latitudes": "31",
    "longitudes": "32",
    "hourly": ["temperature_2m"],
    "daily": ["weather_code"],
}
ECHO = {
    "fault": "canned",
    "status": 400,
    "body": json.dumps({"error": True, "reason": f"no such key {KEY}"}),
    "match": f"{PLACE}&daily",
}


DAG = "historic_weather_data_dag"


@pytest.fixture
def paused(side: SideStack) -> Iterator[None]:
    """The stack's own scheduler leaves the run alone: it knows no key."""
    with AirflowClient.of_stack(side.settings) as client:
        client.pause(DAG)
        yield
        client.unpause(DAG)


@pytest.fixture
def control(side: SideStack) -> Iterator[SimulatorControl]:
    """The stand-in: it is away for the first hourly question, and refuses the daily one with the key in its words."""
    away = {"fault": "503", "times": 1, "match": f"{PLACE}&hourly"}
    side.simulator.order(rules=[away, ECHO])
    yield side.simulator
    side.simulator.order(rules=[])


@pytest.mark.usefixtures("paused")
def test_the_key_is_in_no_log_address_or_ledger_row_of_tasks_that_used_it(
    side: SideStack, session: Session, control: SimulatorControl, tmp_path: Path
) -> None:
    connections = tmp_path / "connections.json"
    weather = {"open_meteo_default": {"conn_type": "http", "password": KEY}}
    connections.write_text(json.dumps(airflow_connections(side.settings) | weather))
    theirs = {"AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(connections)})}
    command = [str(REPOSITORY / ".venv/bin/airflow"), "dags", "test", DAG, "--conf", json.dumps(CONF)]
    done = subprocess.run(
        [*command, "--mark-success-pattern", "spark_processor.*"],
        env=airflow_environment(side.settings) | theirs,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    told = control.told()
    asked = [answer for answer in told["answers"] if PLACE in answer["query"]]
    assert sorted((one["path"], one["status"]) for one in asked) == [
        ("/customer-archive/v1/archive", status) for status in (200, 400, 503)
    ], done.stdout + done.stderr
    rows = [row[0] for row in session.execute("SELECT JSON * FROM analytics.ingest_ledger")]
    logs = "".join(path.read_text(errors="replace") for path in side.folder.rglob("*.log"))
    assert "answered 503" in done.stdout
    assert "no such key ***" in done.stdout
    assert any("no such key ***" in row for row in rows)
    shown = {"output": done.stdout + done.stderr, "logs": logs, "addresses": json.dumps(told["answers"]), "ledger": str(rows)}
    assert [where for where, text in shown.items() if "5ecre7marker" in text] == []
