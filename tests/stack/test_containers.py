import subprocess
from pathlib import Path

import psutil
import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are not pinned here
from dotenv import dotenv_values

from stack import containers
from stack.cassandra_roles import are_roles_made, note_made_roles
from stack.containers import configure, main
from stack.logins import USERS, password
from stack.settings import SECRETS, load_settings, setting_name
from stack.templates import ETC
from tests.stack.conftest import MakeSettings

IN_A_CONTAINER = {
    "LISTEN_HOST": "0.0.0.0",  # noqa: S104 (no socket is opened)
    "KAFKA_HOST": "kafka",
    "CASSANDRA_HOST": "cassandra_db",
    "KAFKA_CONTROLLER_HOST": "kafka",
    "POSTGRES_HOST": "postgres",
    "AIRFLOW_HOST": "airflow-apiserver",
    "TLS": "1",
}


@pytest.fixture(autouse=True)
def volumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The volumes' folders, in the folder of the test."""
    monkeypatch.setattr(containers, "CONFIGURATION", tmp_path / "etc")
    monkeypatch.setattr(containers, "DATABASE", tmp_path / "database")
    monkeypatch.setattr(containers, "AUTHORITIES", tmp_path / "authorities")
    monkeypatch.setattr(containers, "SPARK", tmp_path / "spark")
    for name, value in IN_A_CONTAINER.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def kafka(volumes: Path) -> dict[str, str]:
    """The properties that Kafka's container is given."""
    lines = (volumes / "etc/kafka/server.properties").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def test_every_secret_is_generated_once_and_kept(env_file: Path, volumes: Path, make_settings: MakeSettings) -> None:
    configure(make_settings())
    kept = dotenv_values(env_file)
    assert all(kept[setting_name(field)] for field in SECRETS)
    configure(load_settings())
    assert dotenv_values(env_file) == kept
    assert (volumes / "database/password").read_text(encoding="utf-8") == kept["POSTGRES_PASSWORD"]
    assert env_file.stat().st_mode & 0o007 == 0


def test_a_secret_of_the_environment_wins_that_of_the_database_too(
    env_file: Path, volumes: Path, make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(make_settings(AIRFLOW_ADMIN_PASSWORD="mine", POSTGRES_PASSWORD="first"))  # noqa: S106 (made up)
    configure(make_settings(AIRFLOW_ADMIN_PASSWORD="other", POSTGRES_PASSWORD="second"))  # noqa: S106 (made up)
    kept = dotenv_values(env_file)
    assert (kept["AIRFLOW_ADMIN_PASSWORD"], kept["POSTGRES_PASSWORD"]) == ("other", "second")
    assert (volumes / "database/password").read_text(encoding="utf-8") == "second"
    assert "second" not in capsys.readouterr().out


def every_file(volumes: Path) -> dict[str, bytes]:
    """What `configure` has written, by path."""
    return {str(path.relative_to(volumes)): path.read_bytes() for path in volumes.rglob("*") if path.is_file()}


def test_a_rotation_replaces_all_that_was_generated_but_the_login_of_admin(
    env_file: Path, volumes: Path, make_settings: MakeSettings
) -> None:
    configure(make_settings())
    before, kept, files = make_settings(), dotenv_values(env_file), every_file(volumes)
    former = {user: password(before, "kafka", user) for user in USERS["kafka"]}
    note_made_roles(before.model_copy(update={"state_dir": volumes / "etc"}))
    assert main("rotate") == 0
    renewed = dotenv_values(env_file)
    changed = {field for field in SECRETS if renewed[setting_name(field)] != kept[setting_name(field)]}
    assert changed == set(SECRETS) - {"airflow_admin_password"}
    assert str(renewed["AIRFLOW_FERNET_KEY"]).endswith(f",{kept['AIRFLOW_FERNET_KEY']}")
    assert not [user for user, secret in former.items() if password(before, "kafka", user) == secret]
    assert not (volumes / "etc/cassandra/roles.json").exists()
    now = every_file(volumes)
    wanted = ("database/password", "spark/spark-defaults.conf", "etc/kafka/server.properties")
    assert not [name for name in wanted if now[name] == files[name]]


def test_certificates_are_renewed_by_the_same_authority(volumes: Path, make_settings: MakeSettings) -> None:
    configure(make_settings())
    before = every_file(volumes)
    assert main("renew-certificates") == 0
    now = every_file(volumes)
    replaced = ("database/postgres.pem", "etc/kafka/kafka.pem", "etc/cassandra/cassandra.pem")
    assert not [name for name in replaced if now[name] == before[name]]
    assert now["etc/kafka/ca.pem"] == before["etc/kafka/ca.pem"]


def test_open_meteos_key_is_forgotten_once_nobody_sets_it(env_file: Path, make_settings: MakeSettings) -> None:
    configure(make_settings(OPEN_METEO_API_KEY="paid"))
    assert dotenv_values(env_file)["OPEN_METEO_API_KEY"] == "paid"
    configure(make_settings(OPEN_METEO_API_KEY=""))
    assert not dotenv_values(env_file)["OPEN_METEO_API_KEY"]


def test_each_service_is_given_its_own_logins_and_no_others(env_file: Path, volumes: Path, make_settings: MakeSettings) -> None:
    settings = make_settings()
    configure(settings)
    names = {
        folder: {path.name for path in (volumes / folder).iterdir()} for folder in ("etc/kafka", "etc/cassandra", "database")
    }
    assert names == {
        "etc/kafka": {"server.properties", "kafka-log4j2.xml", "kafka.pem", "ca.pem"},
        "etc/cassandra": {
            *("cassandra-setup.yaml", "cassandra-login.yaml", "cassandra-logback.xml"),
            *("start-cassandra.sh", "cassandra-container.sh", "node.pem", "cassandra.pem", "ca.pem"),
        },
        "database": {"password", "postgres.pem", "pg_hba.conf"},
    }
    texts = {folder: "".join(path.read_text(encoding="utf-8") for path in (volumes / folder).iterdir()) for folder in names}
    secrets = {str(dotenv_values(env_file)[setting_name(field)]) for field in SECRETS if field != "postgres_password"}
    secrets |= {password(settings, service, user) for service, users in USERS.items() for user in users} - {
        password(settings, "kafka", "broker")
    }
    assert [(folder, secret) for secret in secrets for folder, text in texts.items() if secret in text] == []
    assert {path.name for path in (volumes / "authorities").iterdir()} == {"ca.pem", "ca.p12"}
    spark = (volumes / "spark/spark-defaults.conf").read_text(encoding="utf-8")
    assert password(settings, "spark", "secret") in spark
    assert [secret for secret in secrets - {password(settings, "spark", "secret")} if secret in spark] == []


def test_cassandra_is_set_up_again_when_a_password_differs(volumes: Path, make_settings: MakeSettings) -> None:
    settings = make_settings()
    configure(settings)
    here = settings.model_copy(update={"state_dir": volumes / "etc"})
    note_made_roles(here)
    configure(settings)
    assert are_roles_made(here)
    passwords = settings.logins_dir / "passwords.json"
    passwords.write_text(passwords.read_text().replace(password(settings, "cassandra", "loader"), "another"))
    configure(settings)
    assert not (volumes / "etc/cassandra/roles.json").exists()


def test_services_listen_for_each_other_under_their_names(volumes: Path, make_settings: MakeSettings) -> None:
    configure(make_settings())
    assert kafka(volumes)["listeners"] == "CLIENT://0.0.0.0:9092,CONTROLLER://0.0.0.0:9093"
    assert kafka(volumes)["advertised.listeners"] == "CLIENT://kafka:9092"
    assert kafka(volumes)["controller.quorum.voters"] == "1@kafka:9093"
    assert kafka(volumes)["listener.security.protocol.map"].startswith("CLIENT:SASL_SSL,CONTROLLER:SASL_SSL,")
    for name, authenticator in (("setup", "AllowAllAuthenticator"), ("login", "PasswordAuthenticator")):
        node = yaml.safe_load((volumes / f"etc/cassandra/cassandra-{name}.yaml").read_text(encoding="utf-8"))
        assert (node["rpc_address"], node["broadcast_rpc_address"]) == (IN_A_CONTAINER["LISTEN_HOST"], "cassandra_db")
        assert node["listen_address"] == "127.0.0.1"
        assert node["authenticator"] == authenticator
        encryption = node["client_encryption_options"]
        assert (encryption["enabled"], encryption.get("optional", False)) == (True, False)
        assert encryption.get("require_client_auth", False) is (name == "setup")


def test_a_public_name_opens_a_listener_of_its_own(volumes: Path, make_settings: MakeSettings) -> None:
    configure(make_settings(EC2_PUBLIC_DNS="example.org", KAFKA_PUBLIC_PORT="1234"))
    assert kafka(volumes)["listeners"].endswith(",PUBLIC://0.0.0.0:1234")
    assert kafka(volumes)["advertised.listeners"] == "CLIENT://kafka:9092,PUBLIC://example.org:1234"


def test_a_start_without_secrets_is_refused_with_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("init") == 1
    printed = capsys.readouterr().err
    assert all(setting_name(field) in printed for field in SECRETS)


def a_container_of_cassandra(tmp_path: Path) -> list[str]:
    """Its command, with a node that prints the name of its configuration; for the set-up it stays."""
    configuration, data = tmp_path / "configuration", tmp_path / "data"
    configuration.mkdir()
    (data / "commitlog").mkdir(parents=True)
    (configuration / "start-cassandra.sh").write_text((ETC / "start-cassandra.sh").read_text())
    script = (ETC / "cassandra-container.sh").read_text().replace("/etc/barograph/cassandra", str(configuration))
    (configuration / "cassandra-container.sh").write_text(script.replace("begun=/tmp/", f"begun={tmp_path}/"))
    node = tmp_path / "node.sh"
    node.write_text('echo "${1##*/}"\n[ "${1##*/}" = cassandra-login.yaml ] || exec sleep 60\n')
    return ["sh", str(configuration / "cassandra-container.sh"), str(data), "sh", str(node)]


def test_the_container_of_cassandra_starts_with_logins_once_they_are_made(tmp_path: Path) -> None:
    command = a_container_of_cassandra(tmp_path)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "cassandra-setup.yaml\n"
        (tmp_path / "configuration/roles.json").write_text("{}")
        assert started.stdout.readline() == "cassandra-login.yaml\n"
    assert started.returncode == 0
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "cassandra-login.yaml\n"


def test_logins_that_a_killed_node_may_have_lost_are_made_again(tmp_path: Path) -> None:
    command = a_container_of_cassandra(tmp_path)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "cassandra-setup.yaml\n"
        node = next(child for child in psutil.Process(started.pid).children() if child.name() == "sleep")
        (tmp_path / "configuration/roles.json").write_text("{}")
        node.kill()
    assert started.returncode != 0
    assert not (tmp_path / "data/roles.json").exists()
