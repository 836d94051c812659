"""docker-compose.yml really run: the tests build on each other, in this order."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.compose.conftest import HISTORY, Rows
from tests.compose.platform import Container, Platform

pytestmark = pytest.mark.compose
HISTORIC, WEATHER = "historic_weather_data_dag", "weather_data_dag"
RUN_S = 600
SERVICES = (
    *("postgres", "kafka", "cassandra_db", "standin", "spark-master", "spark-worker", "first-run"),
    *("airflow-apiserver", "airflow-dag-processor", "airflow-scheduler", "airflow-triggerer"),
)
KILLED = tuple(name for name in SERVICES if name != "first-run")


def kill(container: Container) -> None:
    """As a crash does it: Docker does not restart what was killed through Docker."""
    os.kill(container.pid, signal.SIGKILL)


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


def test_each_container_comes_back_when_it_is_killed(platform: Platform) -> None:
    for service in KILLED:
        victim = next(one for one in platform.containers() if one.service == service)
        kill(victim)
        seconds = platform.await_healthy(victim.name, victim.started)
        platform.said.append(f"{victim.name} killed: all healthy again after {seconds:.0f} s")


def test_a_day_is_recorded_after_all_that(platform: Platform) -> None:
    with platform.airflow() as airflow:
        run_id = airflow.trigger(WEATHER)
        assert airflow.wait(WEATHER, run_id, RUN_S).state == "success"


def test_init_runs_again_and_in_two_containers_at_once(platform: Platform) -> None:
    change = ["exec", "-T", "airflow-scheduler", "./startup.sh", "airflow"]
    platform.compose(*change, "pools", "set", "spark", "2", "changed by a user")
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(platform.compose, "run", "--rm", "--no-deps", "-T", "airflow-init", "init") for _ in range(2)]
        said = [run.result() for run in runs]
    assert all("topics were there" in one for one in said)
    assert "changed by a user" in platform.compose(*change, "pools", "list")


def test_data_outlives_a_stop(platform: Platform) -> None:
    before = platform.rows()
    platform.compose("down")
    platform.said.append(f"down, up --wait again: {platform.up():.0f} s, data kept")
    assert platform.rows() == before
    assert "nothing to run" in platform.compose("logs", "--no-log-prefix", "first-run")


def test_down_with_volumes_leaves_nothing(platform: Platform) -> None:
    platform.compose("down", "--volumes")
    of_project = ["--quiet", "--filter", "label=com.docker.compose.project=barograph-test"]
    assert platform.engine.docker("ps", "--all", *of_project) == ""
    assert platform.engine.docker("volume", "ls", *of_project) == ""


def await_a_busy_worker(platform: Platform) -> Container:
    """A worker whose executor is at work on a load."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        for one in platform.containers():
            if one.service == "spark-worker" and "CoarseGrainedExecutorBackend" in platform.engine.docker("top", one.name):
                return one
        time.sleep(0.5)
    raise AssertionError("no worker was given an executor within 120 s")
