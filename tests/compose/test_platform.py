"""docker-compose.yml really run: the tests build on each other, in this order."""

import json
import os
import signal
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.compose.conftest import HISTORY, Rows
from tests.compose.doors import a_stranger, an_insider, find_ports, find_seen, find_told, generated_secrets
from tests.compose.platform import PROJECT, Container, Platform
from tests.security.attempts import Attempt
from tests.security.report import show_attempts

pytestmark = pytest.mark.compose
HISTORIC, WEATHER = "historic_weather_data_dag", "weather_data_dag"
RUN_S = 600
SERVICES = (
    *("postgres", "kafka", "cassandra_db", "standin", "spark-master", "spark-worker", "first-run"),
    *("airflow-apiserver", "airflow-dag-processor", "airflow-scheduler", "airflow-triggerer"),
)
KILLED = tuple(name for name in SERVICES if name not in {"first-run", "cassandra_db"})
LISTENING = set(SERVICES) - {"first-run", "airflow-dag-processor", "airflow-triggerer"}
"""Who answers at a port; the others ask only."""

DOORS = {"postgres", "kafka", "kafka controller", "cassandra", "http", "spark", "loopback"}
FEWEST_SECRETS = 17
EMPTY = "/var/lib/cassandra/commitlog/CommitLog-7-1.log"


def kill(container: Container) -> None:
    """As a crash does it: Docker does not restart what was killed through Docker."""
    os.kill(container.pid, signal.SIGKILL)


def test_the_file_needs_no_setting(platform: Platform) -> None:
    platform.compose("--env-file", os.devnull, "config", "--quiet")


def test_the_embedded_stack_goes_first(embedded_rows: Rows) -> None:
    assert len(embedded_rows["dailydata"]) == (1 + 14) * 5  # now, as two stacks at once are too much for two cores


def test_up_ends_healthy_with_the_first_run_shown(platform: Platform) -> None:
    began = time.monotonic()
    shown = platform.run("sh", "startup.sh", "--docker", "--offline")
    platform.said.append(f"startup.sh --docker: all healthy and the first run shown after {time.monotonic() - began:.0f} s")
    assert "120 hourly rows" in shown
    assert "5 daily rows" in shown
    assert {one.service for one in platform.containers() if one.health == "healthy"} == set(SERVICES)


def test_history_is_loaded_though_a_worker_is_killed_in_mid_load(platform: Platform) -> None:
    with platform.airflow() as airflow:
        run_id = airflow.trigger(HISTORIC, HISTORY)
        worker = await_a_busy_worker(platform)
        kill(worker)
        assert airflow.wait(HISTORIC, run_id, RUN_S).state == "success"
        tries = {task.task_id: task.try_number for task in airflow.tasks(HISTORIC, run_id)}
    platform.await_healthy(worker.name, worker.started)
    platform.said.append(f"{worker.name} killed in mid-load: the run ended green, tries {tries}")


def test_the_rows_are_those_of_the_embedded_stack(platform: Platform, embedded_rows: Rows) -> None:
    rows = platform.rows()
    platform.said.extend(f"{table}: {len(rows[table])} rows, the embedded stack's {len(embedded_rows[table])}" for table in rows)
    assert len(rows["hourlydata"]) == (1 + 14) * 24 * 5
    assert rows == embedded_rows


def test_no_port_lets_in_a_stranger_from_within_the_network_or_a_user_beyond_their_rights(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    ports = find_ports(platform)
    assert {port.service for port in ports} >= LISTENING
    with a_stranger(platform) as stranger, an_insider(platform) as insider:
        attempts = stranger.visit(ports, insider.list_routes()) + insider.visit(ports)
    check_attempts(platform, capsys, "doors of the containers", attempts)
    assert {attempt.door for attempt in attempts} >= DOORS


def test_no_port_of_a_load_lets_in_a_stranger_and_no_secret_is_seen_meanwhile(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets, seen = generated_secrets(platform), set[str]()
    assert len(secrets) >= FEWEST_SECRETS
    with platform.airflow() as airflow, a_stranger(platform) as stranger:
        stranger.visit([])  # it has started
        run_id = airflow.trigger(WEATHER)
        await_a_busy_worker(platform)
        ports = [port for port in find_ports(platform, "spark-worker", "airflow-scheduler") if not port.listener.is_loopback]
        attempts = stranger.visit(ports)
        while airflow.run(WEATHER, run_id).state not in {"success", "failed"}:
            seen |= find_seen(platform, secrets)
        assert airflow.run(WEATHER, run_id).state == "success"
    check_attempts(platform, capsys, "doors of a load", attempts)
    assert {port.service for port in ports} == {"spark-worker", "airflow-scheduler"}
    assert seen == set()


def test_no_secret_is_told_by_the_engine_or_a_log(platform: Platform) -> None:
    secrets = generated_secrets(platform)
    assert find_told(platform, secrets) | find_seen(platform, secrets) == set()
    platform.said.append(f"{len(secrets)} secrets: in no argument, environment, configuration or log of a container")


def test_each_container_comes_back_when_it_is_killed(platform: Platform) -> None:
    for service in KILLED:
        kill_and_await(platform, service)


def test_cassandra_comes_back_over_what_a_full_disk_left(platform: Platform) -> None:
    platform.compose("exec", "-T", "cassandra_db", "sh", "-c", f"head -c 2097152 /dev/zero >{EMPTY}")
    kill_and_await(platform, "cassandra_db")
    assert f"removed {EMPTY}" in platform.compose("logs", "--no-log-prefix", "cassandra_db")


def test_a_day_is_recorded_after_all_that(platform: Platform) -> None:
    record_a_day(platform)


def record_a_day(platform: Platform) -> None:
    """Both halves of the daily run work."""
    with platform.airflow() as airflow:
        run_id = airflow.trigger(WEATHER)
        state = airflow.wait(WEATHER, run_id, RUN_S).state
        tasks = {task.task_id: (task.state, task.try_number) for task in airflow.tasks(WEATHER, run_id)}
    assert state == "success", f"{tasks}\n{task_logs(platform)}"


def task_logs(platform: Platform) -> str:
    """The ends of the logs of the tasks that ran last."""
    newest = "cd /var/lib/barograph/airflow/logs && find . -name '*.log' -mmin -10 -exec tail -n 15 {} +"
    return platform.compose("exec", "-T", "airflow-scheduler", "sh", "-c", newest)[-12000:]


def test_init_runs_again_and_in_two_containers_at_once(platform: Platform) -> None:
    change = ["exec", "-T", "airflow-scheduler", "./startup.sh", "airflow"]
    platform.compose(*change, "pools", "set", "spark", "2", "changed by a user")
    platform.compose(*change, "variables", "set", "tags", "changed by a user")
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(platform.compose, "run", "--rm", "--no-deps", "-T", "airflow-init", "init") for _ in range(2)]
        said = [run.result() for run in runs]
    assert all("topics were there" in one for one in said)
    assert "changed by a user" in platform.compose(*change, "pools", "list")
    assert "changed by a user" in platform.compose(*change, "variables", "get", "tags")


def test_data_is_in_volumes_with_names_so_that_a_stop_leaves_no_other(platform: Platform) -> None:
    ids = [one.name for one in platform.containers()]
    mounts = [mount for one in json.loads(platform.engine.docker("inspect", *ids)) for mount in one["Mounts"]]
    assert {mount["Name"].split("_")[0] for mount in mounts if mount["Type"] == "volume"} == {PROJECT}


def test_nothing_is_open_to_the_network(platform: Platform, tmp_path: Path) -> None:
    assert platform.compose("port", "airflow-apiserver", str(platform.port)).startswith("127.0.0.1:")
    assert platform.compose("port", "kafka", str(platform.kafka_port)).startswith("127.0.0.1:")
    with pytest.raises(KafkaException):
        public_brokers(platform, tmp_path)


def test_data_outlives_a_stop(platform: Platform) -> None:
    before = platform.rows()
    platform.compose("down")
    seconds = platform.up(EC2_PUBLIC_DNS="localhost", WEB_BIND="0.0.0.0")  # noqa: S104 (what the next test looks at)
    platform.said.append(f"down, up --wait again: {seconds:.0f} s, data kept")
    assert platform.rows() == before
    assert "nothing to run" in platform.compose("logs", "--no-log-prefix", "first-run")


def test_the_public_listener_and_the_web_pages_open_where_settings_say_so(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert platform.compose("port", "airflow-apiserver", str(platform.port)).startswith("0.0.0.0:")
    assert public_brokers(platform, tmp_path) == [("localhost", platform.kafka_port)]
    ports = [port for port in find_ports(platform, "kafka") if port.listener.port == platform.kafka_port]
    with a_stranger(platform) as stranger:
        check_attempts(platform, capsys, "Kafka's public listener", stranger.visit(ports))
    assert ports


def test_a_rotation_replaces_every_secret_and_certificate_and_keeps_the_data(platform: Platform) -> None:
    before, rows, certificate = generated_secrets(platform), platform.rows(), platform.secret_file("tls/kafka.pem")
    platform.compose("down")
    platform.compose("run", "--rm", "-T", "configure", "rotate")
    platform.compose("run", "--rm", "-T", "configure", "renew-certificates")
    seconds = platform.up()
    assert platform.secret_file("tls/kafka.pem") != certificate
    now = generated_secrets(platform)
    assert {name for name in now if now[name] == before[name]} == {"AIRFLOW_ADMIN_PASSWORD"}
    assert platform.rows() == rows
    platform.said.append(f"down, rotate, up --wait: {seconds:.0f} s; {len(now) - 1} secrets replaced, data kept")
    record_a_day(platform)


def test_down_with_volumes_leaves_nothing(platform: Platform) -> None:
    platform.compose("down", "--volumes")
    of_project = ["--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}"]
    assert platform.engine.docker("ps", "--all", *of_project) == ""
    assert platform.engine.docker("volume", "ls", *of_project) == ""


def kill_and_await(platform: Platform, service: str) -> None:
    """Kill a container of the service, and see it and all others healthy again."""
    victim = next(one for one in platform.containers() if one.service == service)
    kill(victim)
    seconds = platform.await_healthy(victim.name, victim.started)
    platform.said.append(f"{victim.name} killed: all healthy again after {seconds:.0f} s")


def check_attempts(platform: Platform, capsys: pytest.CaptureFixture[str], title: str, attempts: Sequence[Attempt]) -> None:
    """Show what was tried; nobody came in who must not."""
    with capsys.disabled():
        told = show_attempts(title, attempts)
    platform.said.append(f"{title}: {told}")
    assert [attempt for attempt in attempts if attempt.is_wrong] == []


def public_brokers(platform: Platform, folder: Path) -> list[tuple[str, int]]:
    """Host and port that clients outside of the containers are told, as the reader; a KafkaException where nobody answers."""
    (folder / "ca.pem").write_text(platform.secret_file("tls/ca.pem"))
    login = {
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": str(folder / "ca.pem"),
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": platform.secret_file("logins/reader/kafka_username"),
        "sasl.password": platform.secret_file("logins/reader/kafka_password"),
    }
    found = AdminClient({"bootstrap.servers": f"localhost:{platform.kafka_port}", **login}).list_topics(timeout=10)
    return [(str(broker.host), broker.port) for broker in found.brokers.values()]


def await_a_busy_worker(platform: Platform) -> Container:
    """A worker whose executor is at work on a load."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        for one in platform.containers():
            lines = platform.engine.docker("top", one.name, "-efww") if one.service == "spark-worker" else ""
            if "CoarseGrainedExecutorBackend" in lines:
                return one
        time.sleep(0.5)
    raise AssertionError("no worker was given an executor within 120 s")
