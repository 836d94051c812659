"""What Airflow is configured with, and who may read what of it."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Connection

from barograph.transport.delivery import DEFAULTS
from stack.airflow_home import airflow_environment, airflow_home
from stack.environment import airflow_connections, airflow_options
from stack.settings import SECRETS, StackSettings
from stack.weather_mode import settle_settings
from tests.stack.conftest import MakeSettings

ASK = """
import json, sys
from airflow.configuration import conf
print(json.dumps([conf.get(*name.lower().split("__"), fallback=None) for name in sys.argv[1:]]))
"""

OPTIONS = ("CORE__FERNET_KEY", "DATABASE__SQL_ALCHEMY_CONN", "API__SECRET_KEY", "API_AUTH__JWT_SECRET")


def asked(settings: StackSettings, reader: str, *names: str) -> list[str | None]:
    """What Airflow's own parser reads in the process of `reader`."""
    environment = airflow_environment(settings, reader)
    done = subprocess.run([sys.executable, "-c", ASK, *names], env=environment, capture_output=True, text=True, check=True)
    told: list[str | None] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_no_secret_is_in_the_environment_of_any_process_of_airflow() -> None:
    settings = settle_settings("offline")
    values = " ".join(airflow_environment(settings, "airflow-scheduler").values())
    assert [field for field in SECRETS if getattr(settings, field).get_secret_value() in values] == []


def test_its_files_are_their_owners_only() -> None:
    settings = settle_settings("offline")
    airflow_environment(settings)
    airflow_environment(settings, "airflow-scheduler")
    home = airflow_home(settings)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}
    assert modes == dict.fromkeys(("airflow.cfg", "airflow-scheduler.cfg", "connections.json"), 0o600)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_file_that_an_earlier_release_left_open_is_replaced(make_settings: MakeSettings) -> None:
    settings = make_settings()
    airflow_home(settings).mkdir(parents=True)
    path = airflow_home(settings) / "airflow.cfg"
    path.write_text("[core]\nexecutor = SequentialExecutor\n")
    path.chmod(0o644)
    airflow_environment(settings)
    assert "LocalExecutor" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("reader", "known"),
    [
        ("airflow", OPTIONS),
        ("airflow-api-server", OPTIONS),
        ("airflow-scheduler", ("CORE__FERNET_KEY", "DATABASE__SQL_ALCHEMY_CONN", "API_AUTH__JWT_SECRET")),
        ("airflow-dag-processor", ("CORE__FERNET_KEY", "DATABASE__SQL_ALCHEMY_CONN")),
        ("airflow-triggerer", ("CORE__FERNET_KEY", "DATABASE__SQL_ALCHEMY_CONN")),
    ],
)
def test_each_process_is_told_what_it_needs_and_no_more(reader: str, known: tuple[str, ...]) -> None:
    settings = settle_settings("offline")
    wanted = airflow_options(settings)
    told = dict(zip(OPTIONS, asked(settings, reader, *OPTIONS), strict=True))
    assert [name for name, value in told.items() if value == wanted[name]] == list(known)


def test_airflow_reads_a_secret_with_signs_as_it_is(make_settings: MakeSettings) -> None:
    odd = "a$b%(c)s%%'\"#;@:/ {d}~ü"
    settings = make_settings(AIRFLOW_JWT_SECRET=odd, AIRFLOW_API_SECRET_KEY=odd)
    assert asked(settings, "airflow", "API_AUTH__JWT_SECRET", "API__SECRET_KEY") == [odd, odd]


def test_dag_files_are_parsed_without_the_connections(make_settings: MakeSettings) -> None:
    settings = make_settings()
    assert asked(settings, "airflow-dag-processor", "SECRETS__BACKEND") == [""]
    (backend,) = asked(settings, "airflow-scheduler", "SECRETS__BACKEND")
    assert backend
    assert backend.endswith("LocalFilesystemBackend")


FIND = """
import json, sys
from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded
backends = ensure_secrets_backend_loaded()
found = [next(filter(None, (backend.get_connection(name) for backend in backends))) for name in sys.argv[1:]]
print(json.dumps([[one.conn_type, one.host, one.password, one.extra_dejson] for one in found]))
"""
"""The way of a task's look-up, without the api-server that comes last."""


def found_by_tasks(settings: StackSettings, *names: str) -> list[Any]:
    """Type, host, password and extra of connections as tasks get them."""
    command = [sys.executable, "-c", FIND, *names]
    environment = airflow_environment(settings, "airflow-scheduler")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_tasks_find_the_connections_of_the_settings(make_settings: MakeSettings) -> None:
    settings = make_settings(OPEN_METEO_API_KEY="k3y%$'\"#@:", OPEN_METEO_MODE="online", AIRFLOW_FERNET_KEY=f"{'A' * 43}=")
    kafka, spark, weather = found_by_tasks(settings, "kafka_default", "spark_default", "open_meteo_default")
    assert (kafka[0], kafka[3]["bootstrap.servers"]) == ("kafka", settings.kafka_bootstrap_servers)
    assert spark[:2] == ["spark", settings.spark_master]
    assert weather[1:3] == [settings.base_url, "k3y%$'\"#@:"]


def test_kafka_acknowledges_every_record(make_settings: MakeSettings) -> None:
    extra = extra_of(make_settings(KAFKA_PORT="1234"))
    assert extra["bootstrap.servers"] == "127.0.0.1:1234"
    assert (extra["acks"], extra["enable.idempotence"]) == ("all", True)


def test_what_delivery_tunes_is_not_set_by_the_connection(make_settings: MakeSettings) -> None:
    assert set(extra_of(make_settings())) & set(DEFAULTS) == set()


def extra_of(settings: StackSettings) -> dict[str, object]:
    """What Kafka's connection says to the client."""
    extra = airflow_connections(settings)["kafka_default"]["extra"]
    assert isinstance(extra, dict)
    return extra


def test_no_connection_is_made_that_nothing_reads(make_settings: MakeSettings) -> None:
    assert set(airflow_connections(make_settings())) == {"kafka_default", "spark_default", "open_meteo_default"}


def test_the_connection_that_carries_the_key_says_where_it_comes_from(make_settings: MakeSettings) -> None:
    text = json.dumps(airflow_connections(make_settings())["open_meteo_default"])
    assert "OPEN_METEO_API_KEY in .env" in str(Connection.from_json(text, conn_id="open_meteo_default").description)


def test_the_api_key_is_in_the_connection_and_nowhere_else(make_settings: MakeSettings) -> None:
    settings = make_settings(OPEN_METEO_API_KEY="5ecre7marker", OPEN_METEO_MODE="online")
    environment = airflow_environment(settings, "airflow-scheduler")
    assert "5ecre7marker" not in json.dumps(environment)
    holding = [path.name for path in airflow_home(settings).iterdir() if "5ecre7marker" in path.read_text()]
    assert holding == ["connections.json"]
    assert "5ecre7marker" in str(airflow_connections(settings)["open_meteo_default"])


def test_the_standin_is_not_told_the_api_key(make_settings: MakeSettings) -> None:
    settings = make_settings(OPEN_METEO_API_KEY="5ecre7marker", OPEN_METEO_MODE="standin")
    assert "5ecre7marker" not in json.dumps(airflow_connections(settings))


def test_files_that_hold_the_same_are_left_alone(make_settings: MakeSettings) -> None:
    settings = make_settings()
    airflow_environment(settings)
    path = airflow_home(settings) / "airflow.cfg"
    before = path.stat().st_ino
    airflow_environment(settings)
    assert path.stat().st_ino == before
    assert Path(os.environ["ENV_FILE"]).parent in path.parents
