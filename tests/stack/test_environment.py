import json
import os
from pathlib import Path

import pytest

from stack.airflow_home import airflow_environment
from stack.cassandra import cassandra_command
from stack.environment import MARKER, airflow_options, barograph_environment, client_environment, mark_environment
from stack.kafka import kafka_command
from stack.logins import ROLES, make_logins, password, secrets_dir, settings_as
from stack.postgres import postgres_command
from stack.settings import REPOSITORY, SECRETS, StackSettings
from stack.weather_mode import settle_settings
from tests.stack.conftest import MakeSettings


@pytest.fixture
def jars(tmp_path: Path) -> Path:
    """A folder with the one jar that Cassandra's command line names."""
    (tmp_path / "jars/cassandra").mkdir(parents=True)
    (tmp_path / "jars/cassandra/jamm-1.jar").touch()
    return tmp_path / "jars"


def _secrets_of(settings: StackSettings) -> list[str]:
    return [getattr(settings, field).get_secret_value() for field in SECRETS]


def test_services_get_no_secret() -> None:
    settings = settle_settings("offline")
    values = " ".join(client_environment(settings).values())
    assert [secret for secret in _secrets_of(settings) if secret in values] == []


def test_a_secret_of_the_users_own_environment_is_left_behind(make_settings: MakeSettings) -> None:
    settings = make_settings(POSTGRES_PASSWORD="5ecre7marker", OPEN_METEO_API_KEY="5ecre7marker")  # noqa: S106  # made up
    for environment in (client_environment(settings), airflow_environment(settings)):
        assert [name for name, value in environment.items() if "5ecre7marker" in value] == []


def test_an_undecided_mode_is_not_handed_on(make_settings: MakeSettings) -> None:
    assert "OPEN_METEO_MODE" not in client_environment(make_settings())
    assert client_environment(make_settings(OPEN_METEO_MODE="standin"))["OPEN_METEO_MODE"] == "standin"


def test_foreign_airflow_and_spark_names_are_left_behind(make_settings: MakeSettings) -> None:
    settings = make_settings(AIRFLOW__CORE__EXECUTOR="SequentialExecutor", SPARK_HOME="/opt/other-spark", PYTHONPATH="/other")
    assert {"AIRFLOW__CORE__EXECUTOR", "SPARK_HOME", "PYTHONPATH"}.isdisjoint(airflow_environment(settings))


def test_a_setting_of_the_user_is_not_mistaken_for_a_foreign_name(make_settings: MakeSettings) -> None:
    environment = client_environment(make_settings(SPARK_DRIVER_MEMORY="3g", KAFKA_HEAP="700m"))
    assert (environment["SPARK_DRIVER_MEMORY"], environment["KAFKA_HEAP"]) == ("3g", "700m")


def test_programs_of_the_virtual_environment_come_first(make_settings: MakeSettings) -> None:
    assert client_environment(make_settings())["PATH"].startswith(f"{REPOSITORY}/.venv/bin:")


def test_temporary_files_lie_in_the_state_folder(jars: Path, make_settings: MakeSettings) -> None:
    settings = make_settings(TMPDIR="/else where", SPARK_LOCAL_DIRS="/else where", JARS_DIR=str(jars))
    environment, folder = client_environment(settings), str(settings.state_dir / "tmp")
    assert (environment["TMPDIR"], environment["SPARK_LOCAL_DIRS"]) == (folder, folder)
    assert [
        command
        for command in (kafka_command(settings), cassandra_command(settings))
        if f"-Djava.io.tmpdir={folder}" not in command
    ] == []


def test_a_proxy_is_not_asked_for_this_machine(make_settings: MakeSettings) -> None:
    assert client_environment(make_settings(NO_PROXY="intranet"))["NO_PROXY"] == "127.0.0.1,localhost,intranet"


def test_the_marker_names_the_state_folder(make_settings: MakeSettings) -> None:
    settings = make_settings()
    assert mark_environment({}, settings)[MARKER] == str(settings.state_dir)


def test_airflow_listens_where_web_bind_says_and_nowhere_else(make_settings: MakeSettings) -> None:
    options = airflow_options(make_settings())
    assert options["API__HOST"] == "127.0.0.1"
    assert options["SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST"] == "127.0.0.1"


def test_every_process_knows_no_zone_but_utc(make_settings: MakeSettings) -> None:
    settings = make_settings(TZ="Asia/Kolkata")
    environments = (client_environment(settings), airflow_environment(settings), mark_environment(dict(os.environ), settings))
    assert [environment["TZ"] for environment in environments] == ["UTC", "UTC", "UTC"]


def test_javas_services_and_postgres_know_no_zone_but_utc(jars: Path, make_settings: MakeSettings) -> None:
    settings = make_settings(JARS_DIR=str(jars))
    commands = (kafka_command(settings), cassandra_command(settings))
    assert [command for command in commands if "-Duser.timezone=UTC" not in command[: command.index("-cp")]] == []
    assert {"timezone=UTC", "log_timezone=UTC"} <= set(postgres_command(settings))


def test_a_password_with_signs_of_its_own_stays_one_address(make_settings: MakeSettings) -> None:
    options = airflow_options(make_settings(POSTGRES_PASSWORD="p@ss/word"))  # noqa: S106 (made up)
    assert "airflow:p%40ss%2Fword@127.0.0.1" in options["DATABASE__SQL_ALCHEMY_CONN"]


def test_airflow_finds_its_dags_where_dags_dir_says(make_settings: MakeSettings) -> None:
    assert airflow_options(make_settings())["CORE__DAGS_FOLDER"] == f"{REPOSITORY}/dags"
    assert airflow_options(make_settings(DAGS_DIR="/own"))["CORE__DAGS_FOLDER"] == "/own"


@pytest.mark.parametrize("service", ["CASSANDRA", "KAFKA"])
def test_a_login_is_in_the_folders_of_roles_and_in_no_environment(make_settings: MakeSettings, service: str) -> None:
    settings = make_settings(
        KAFKA_HOST="kafka.example.org", **{f"{service}_USERNAME": "5ecre7user", f"{service}_PASSWORD": "5ecre7marker"}
    )
    make_logins(settings)
    environments = [barograph_environment(settings), barograph_environment(settings, "admin"), client_environment(settings)]
    assert [value for environment in environments for value in environment.values() if "5ecre7" in value] == []
    assert [environment.get("SECRETS_DIR", "").rpartition("/")[2] for environment in environments] == ["loader", "admin", ""]
    field = f"{service.lower()}_password"
    given = {role for role in ROLES if getattr(settings_as(settings, role), field).get_secret_value() == "5ecre7marker"}
    assert given == set(ROLES) - ({"admin"} if service == "CASSANDRA" else set())


def test_a_role_is_who_its_folder_says(make_settings: MakeSettings) -> None:
    settings = make_settings()
    assert settings_as(settings, "reader") == settings
    make_logins(settings)
    known = settings_as(settings, "reader")
    assert (known.kafka_username, known.cassandra_username) == ("reader", "explorer")
    assert known.kafka_password.get_secret_value() == password(settings, "kafka", "reader")


def test_who_starts_the_stack_is_not_taken_for_a_role(make_settings: MakeSettings) -> None:
    settings = make_settings()
    make_logins(settings)
    assert make_settings(SECRETS_DIR=str(secrets_dir(settings, "loader"))).kafka_username == ""
    assert "SECRETS_DIR" not in client_environment(settings)


def test_the_standin_is_not_told_the_api_key(make_settings: MakeSettings) -> None:
    settings = make_settings(OPEN_METEO_API_KEY="5ecre7marker", OPEN_METEO_MODE="standin")
    assert "5ecre7marker" not in json.dumps(airflow_environment(settings))
