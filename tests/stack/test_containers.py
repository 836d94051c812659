from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are not pinned here
from dotenv import dotenv_values

from stack import containers
from stack.containers import configure, main
from stack.settings import SECRETS, load_settings, setting_name
from tests.stack.conftest import MakeSettings

IN_A_CONTAINER = {
    "LISTEN_HOST": "0.0.0.0",  # noqa: S104 (no socket is opened)
    "KAFKA_HOST": "kafka",
    "CASSANDRA_HOST": "cassandra_db",
    "AIRFLOW_HOST": "airflow-apiserver",
}


@pytest.fixture(autouse=True)
def volumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The volumes' folders, in the folder of the test."""
    monkeypatch.setattr(containers, "CONFIGURATION", tmp_path / "etc")
    monkeypatch.setattr(containers, "DATABASE_PASSWORD", tmp_path / "database/password")
    return tmp_path


def kafka(volumes: Path) -> dict[str, str]:
    """The properties that Kafka's container is given."""
    lines = (volumes / "etc/kafka.properties").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def test_every_secret_is_generated_once_and_kept(env_file: Path, volumes: Path, make_settings: MakeSettings) -> None:
    configure(make_settings())
    kept = dotenv_values(env_file)
    assert all(kept[setting_name(field)] for field in SECRETS)
    configure(load_settings())
    assert dotenv_values(env_file) == kept
    assert (volumes / "database/password").read_text(encoding="utf-8") == kept["POSTGRES_PASSWORD"]
    assert env_file.stat().st_mode & 0o007 == 0


def test_a_secret_of_the_environment_wins_but_the_database_keeps_its_password(
    env_file: Path, make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(make_settings(AIRFLOW_ADMIN_PASSWORD="mine", POSTGRES_PASSWORD="first"))  # noqa: S106 (made up)
    configure(make_settings(AIRFLOW_ADMIN_PASSWORD="other", POSTGRES_PASSWORD="second"))  # noqa: S106 (made up)
    kept = dotenv_values(env_file)
    assert (kept["AIRFLOW_ADMIN_PASSWORD"], kept["POSTGRES_PASSWORD"]) == ("other", "first")
    printed = capsys.readouterr().out
    assert "POSTGRES_PASSWORD: the database has the password of its first start" in printed
    assert "second" not in printed


def test_open_meteos_key_is_forgotten_once_nobody_sets_it(env_file: Path, make_settings: MakeSettings) -> None:
    configure(make_settings(OPEN_METEO_API_KEY="paid"))
    assert dotenv_values(env_file)["OPEN_METEO_API_KEY"] == "paid"
    configure(make_settings(OPEN_METEO_API_KEY=""))
    assert not dotenv_values(env_file)["OPEN_METEO_API_KEY"]


def test_no_secret_is_in_what_kafka_and_cassandra_read(env_file: Path, volumes: Path, make_settings: MakeSettings) -> None:
    configure(make_settings())
    texts = [path.read_text(encoding="utf-8") for path in (volumes / "etc").iterdir()]
    secrets = [str(dotenv_values(env_file)[setting_name(field)]) for field in SECRETS]
    assert len(texts) == 5
    assert not [secret for secret in secrets for text in texts if secret in text]


def test_services_listen_for_each_other_under_their_names(volumes: Path, make_settings: MakeSettings) -> None:
    configure(make_settings(**IN_A_CONTAINER))
    assert kafka(volumes)["listeners"] == "CLIENT://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093"
    assert kafka(volumes)["advertised.listeners"] == "CLIENT://kafka:9092"
    node = yaml.safe_load((volumes / "etc/cassandra.yaml").read_text(encoding="utf-8"))
    assert (node["rpc_address"], node["broadcast_rpc_address"]) == (IN_A_CONTAINER["LISTEN_HOST"], "cassandra_db")
    assert node["listen_address"] == "127.0.0.1"


def test_a_public_name_opens_a_listener_of_its_own(volumes: Path, make_settings: MakeSettings) -> None:
    configure(make_settings(**IN_A_CONTAINER, TLS="1", EC2_PUBLIC_DNS="example.org", KAFKA_PUBLIC_PORT="1234"))
    assert kafka(volumes)["listeners"].endswith(",PUBLIC://0.0.0.0:1234")
    assert kafka(volumes)["advertised.listeners"] == "CLIENT://kafka:9092,PUBLIC://example.org:1234"


def test_a_start_without_secrets_is_refused_with_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("init") == 1
    printed = capsys.readouterr().err
    assert all(setting_name(field) in printed for field in SECRETS)
