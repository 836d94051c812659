from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are not pinned here

from stack import cassandra, kafka, postgres
from stack.settings import SECRETS, StackSettings
from stack.templates import ETC, fill_template, port_values
from stack.weather_mode import settle_settings
from tests.stack.conftest import MakeSettings


def _properties(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_kafka_listens_on_this_machine_only(make_settings: MakeSettings) -> None:
    properties = _properties(fill_template("kafka.properties", port_values(make_settings(KAFKA_PORT="1234"))))
    assert properties["listeners"] == "PLAINTEXT://127.0.0.1:1234,CONTROLLER://127.0.0.1:9093"
    assert properties["auto.create.topics.enable"] == "false"


def test_cassandra_listens_on_this_machine_only(make_settings: MakeSettings) -> None:
    node = yaml.safe_load(fill_template("cassandra.yaml", port_values(make_settings(CASSANDRA_PORT="1234"))))
    assert (node["listen_address"], node["rpc_address"], node["native_transport_port"]) == ("127.0.0.1", "127.0.0.1", 1234)
    assert (node["disk_failure_policy"], node["commitlog_sync"], node["auto_snapshot"]) == ("stop", "periodic", True)


def test_postgres_listens_on_this_machine_only_and_on_no_socket(make_settings: MakeSettings) -> None:
    command = postgres.postgres_command(make_settings(POSTGRES_PORT="1234"))
    assert {"listen_addresses=127.0.0.1", "unix_socket_directories=", "port=1234"} <= set(command)


def test_postgres_never_runs_as_root(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda program: f"/usr/bin/{program}")
    command = postgres.postgres_command(make_settings())
    assert command[0] == "setpriv"
    assert any(part.startswith("--reuid=") and part != "--reuid=0" for part in command)


def test_no_command_line_holds_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cassandra").mkdir()
    (tmp_path / "cassandra/jamm-1.jar").touch()
    monkeypatch.setenv("JARS_DIR", str(tmp_path))
    settings = settle_settings("offline")
    commands = [build(settings) for build in (postgres.postgres_command, kafka.kafka_command, cassandra.cassandra_command)]
    assert not any(secret in part for secret in _secrets_of(settings) for command in commands for part in command)


def test_no_template_asks_for_a_secret() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in ETC.iterdir()}
    assert texts
    assert not [(name, secret) for name, text in texts.items() for secret in SECRETS if f"${{{secret}}}" in text]


def _secrets_of(settings: StackSettings) -> list[str]:
    return [getattr(settings, field).get_secret_value() for field in SECRETS]
