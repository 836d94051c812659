import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from cassandra.cluster import Session

from stack.leftovers import find_leftovers
from stack.settings import REPOSITORY, SECRETS
from stack.side_stack import SideStack
from tests.integration.weather import attempts, await_green, picture

pytestmark = pytest.mark.integration
DAG = "weather_data_dag"


def yesterday() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


def test_first_start_lands_120_hours_and_5_days(up_offline: tuple[SideStack, str]) -> None:
    assert "120 hourly rows" in up_offline[1]
    assert "5 daily rows" in up_offline[1]


def test_the_first_task_finds_the_api_server_ready(side: SideStack) -> None:
    lines = (side.folder / "logs/airflow-api-server.log").read_text(encoding="utf-8").splitlines()
    requests_of_tasks = [line for line in lines if "/execution/" in line]
    assert any("/run" in line for line in requests_of_tasks)
    assert "/execution/health" in requests_of_tasks[0]


def test_second_start_begins_no_run_and_changes_nothing(side: SideStack, session: Session) -> None:
    before, known = picture(side, session), attempts(side, session)
    assert side.run("up").returncode == 0
    assert picture(side, session) == before
    assert attempts(side, session) == known


def test_cqlsh_shows_the_24_hours_of_a_place(side: SideStack) -> None:
    query = (
        "SELECT time, temperature_2m FROM analytics.hourlydata WHERE location_id='52.5244,13.4105' "
        f"AND source='standin/dwd-icon' AND year={yesterday().year}"
    )
    shown = side.run("cqlsh", "-e", query)
    assert "(24 rows)" in shown.stdout
    assert "WARNING" not in shown.stdout + shown.stderr


def test_cqlsh_reads_and_prints_times_in_utc_whatever_the_zone_of_the_machine(side: SideStack) -> None:
    assert side.environment["TZ"] == "Asia/Kolkata"
    hour = f"{yesterday():%Y-%m-%d} 05:00"
    query = (
        "SELECT time, temperature_2m FROM analytics.hourlydata WHERE location_id='52.5244,13.4105' "
        f"AND source='standin/dwd-icon' AND year={yesterday().year} AND time = '{hour}'"
    )
    shown = side.run("cqlsh", "-e", query)
    assert "(1 rows)" in shown.stdout, shown.stdout + shown.stderr
    assert re.search(rf"{hour}:00\S*\+0000", shown.stdout)
    copied = side.run("cqlsh", "-e", "COPY analytics.hourlydata (location_id, source, year, time) TO STDOUT")
    assert re.search(rf"{hour}:00\S*\+0000", copied.stdout), copied.stdout[:1000] + copied.stderr
    assert "+0530" not in copied.stdout


def test_every_attempt_is_committed_and_its_counts_add_up(side: SideStack, session: Session) -> None:
    rows = list(session.execute(f"SELECT * FROM {side.settings.cassandra_keyspace}.ingest_ledger"))  # a checked setting
    assert {row.status for row in rows} == {"COMMITTED"}
    assert [row.asked for row in rows] == [row.landed + row.quarantined + row.missing for row in rows]


def test_write_time_of_a_cell_is_the_version_of_its_attempt(side: SideStack, session: Session) -> None:
    query = "SELECT WRITETIME(temperature_2m) AS version FROM analytics.hourlydata LIMIT 1"
    written = session.execute(query).one().version
    assert f"standin/dwd-icon/hourly/{written}" in attempts(side, session)


def test_running_the_day_again_in_every_way_leaves_the_same_cells(side: SideStack, session: Session) -> None:
    before, known = picture(side, session), attempts(side, session)
    run = side.airflow.find_run(DAG, yesterday())
    assert run is not None

    side.airflow.clear_task(DAG, run.run_id, "spark_processor_hourly_task")
    await_green(side, DAG, run.run_id)
    assert attempts(side, session) == known
    assert picture(side, session) == before

    side.airflow.clear_run(DAG, run.run_id)
    await_green(side, DAG, run.run_id)
    again = side.airflow.trigger(DAG, {"day": f"{yesterday():%Y-%m-%d}"})
    await_green(side, DAG, again)
    assert len(attempts(side, session)) == len(known) + 4
    assert set(attempts(side, session).values()) == {"COMMITTED"}
    assert picture(side, session) == before


def test_a_misspelt_param_is_refused_before_anything_is_asked(side: SideStack, session: Session) -> None:
    known = attempts(side, session)
    run_id = side.airflow.trigger("historic_weather_data_dag", {"start": "2024-05-01", "end_date": "2024-05-02"})
    assert side.airflow.wait("historic_weather_data_dag", run_id, 120).state == "failed"
    log = side.airflow.task_log("historic_weather_data_dag", run_id, "plan_request")
    assert any("Params start do not exist" in line for line in log)
    assert attempts(side, session) == known


def test_a_run_is_triggered_once_and_what_cannot_be_triggered_is_one_line(side: SideStack) -> None:
    trigger = ("airflow", "dags", "trigger")
    first = [*trigger, "historic_weather_data_dag", "--conf", '{"start": "2024-05-01"}', "--run-id", "typed+once"]
    assert side.run(*first).returncode == 0
    assert side.airflow.wait("historic_weather_data_dag", "typed+once", 120).state == "failed"
    assert "typed+once" in side.run("airflow", "dags", "list-runs", "historic_weather_data_dag").stdout
    refused = [
        (first, 1, "has a run with this run id typed+once already"),
        ([*trigger, "no_such_dag"], 1, "there is no DAG no_such_dag: give one of fill_gaps_dag"),
        ([*trigger, "historic_weather_data_dag", "--conf", '{"start_date": 1}'], 1, "Invalid input for param start_date"),
        ([*trigger, "historic_weather_data_dag", "--run-id", "a/b"], 1, "The run_id provided 'a/b' does not match"),
    ]  # fmt: skip
    for arguments, code, says in refused:
        done = side.run(*arguments)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1), done.stderr
        assert says in done.stderr


def test_an_empty_list_of_daily_variables_skips_that_branch(side: SideStack, session: Session) -> None:
    conf = {"start_date": "2024-05-01", "end_date": "2024-05-01", "daily": [], "hourly": ["temperature_2m"]}
    run_id = side.airflow.trigger("historic_weather_data_dag", conf)
    await_green(side, "historic_weather_data_dag", run_id)
    states = {task.task_id: task.state for task in side.airflow.tasks("historic_weather_data_dag", run_id)}
    assert states["spark_processor_hourly_task"] == "success"
    assert states["produce_daily_metrics"] == states["spark_processor_daily_task"] == "skipped"


def test_nothing_listens_beyond_loopback(side: SideStack) -> None:
    pids = {process.pid for process in find_leftovers(side.folder)}
    sockets = [one for one in psutil.net_connections("tcp") if one.pid in pids and one.status == psutil.CONN_LISTEN]
    listening = {str(getattr(one.laddr, "ip", one.laddr)) for one in sockets}
    assert len(sockets) >= 7
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def command_lines(side: SideStack) -> list[Path]:
    paths = [Path(f"/proc/{process.pid}/cmdline") for process in find_leftovers(side.folder)]
    return [path for path in paths if path.exists()]


def test_no_secret_stands_in_a_command_line_or_a_log(side: SideStack) -> None:
    secrets = [getattr(side.settings, name).get_secret_value() for name in SECRETS]
    assert all(secrets)
    commands = "".join(path.read_text(errors="replace") for path in command_lines(side))
    logs = "".join(path.read_text(errors="replace") for path in side.folder.rglob("*.log"))
    assert logs
    assert [secret for secret in secrets if secret in commands or secret in logs] == []


def test_sh_startup_and_wrong_usage_end_with_their_exit_codes(side: SideStack) -> None:
    assert side.run("status").returncode == 0
    assert side.run("no-such-command").returncode == 2
    assert side.run("reset").returncode == 2
    assert (REPOSITORY / "startup.sh").stat().st_mode & 0o111
