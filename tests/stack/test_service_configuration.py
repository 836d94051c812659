import subprocess
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are not pinned here

from stack import cassandra, kafka, postgres
from stack.cassandra_roles import note_made_roles
from stack.certificates import make_certificates
from stack.logins import make_logins
from stack.settings import SECRETS, StackSettings
from stack.templates import ETC
from stack.weather_mode import settle_settings
from tests.stack.conftest import MakeSettings


def _properties(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def _node(settings: StackSettings) -> dict[str, object]:
    make_logins(settings)
    note_made_roles(settings)
    cassandra.prepare_cassandra(settings)
    node: dict[str, object] = yaml.safe_load((settings.state_dir / "cassandra/cassandra.yaml").read_text())
    return node


def _broker(settings: StackSettings) -> dict[str, str]:
    make_logins(settings)
    return _properties(kafka.configure_kafka(settings).read_text())


def test_kafka_listens_on_this_machine_only(make_settings: MakeSettings) -> None:
    properties = _broker(make_settings(KAFKA_PORT="1234"))
    assert properties["listeners"] == "CLIENT://127.0.0.1:1234,CONTROLLER://127.0.0.1:1235"
    assert properties["auto.create.topics.enable"] == "false"


def test_no_listener_of_kafka_is_without_a_login_and_what_is_not_granted_is_refused(make_settings: MakeSettings) -> None:
    properties = _broker(make_settings())
    protocols = dict(pair.split(":") for pair in properties["listener.security.protocol.map"].split(","))
    assert protocols == {"CLIENT": "SASL_PLAINTEXT", "CONTROLLER": "SASL_PLAINTEXT", "PUBLIC": "SASL_SSL"}
    assert properties["listener.name.client.sasl.enabled.mechanisms"] == "SCRAM-SHA-512"
    assert properties["authorizer.class.name"].endswith(".StandardAuthorizer")
    assert (properties["super.users"], properties["allow.everyone.if.no.acl.found"]) == ("User:admin;User:broker", "false")


def test_cassandra_listens_on_this_machine_only(make_settings: MakeSettings) -> None:
    node = _node(make_settings(CASSANDRA_PORT="1234"))
    assert (node["listen_address"], node["rpc_address"], node["native_transport_port"]) == ("127.0.0.1", "127.0.0.1", 1234)


def test_cassandra_asks_for_a_login_and_its_storage_port_for_a_certificate(make_settings: MakeSettings) -> None:
    node = _node(make_settings())
    assert (node["authenticator"], node["authorizer"]) == ("PasswordAuthenticator", "CassandraAuthorizer")
    assert "client_encryption_options" not in node
    nodes = node["server_encryption_options"]
    assert isinstance(nodes, dict)
    assert (nodes["internode_encryption"], nodes["require_client_auth"]) == ("all", True)


def test_without_its_roles_cassandra_lets_in_who_has_its_key_and_from_this_machine_alone(make_settings: MakeSettings) -> None:
    settings = make_settings(TLS="1", LISTEN_HOST="0.0.0.0", CASSANDRA_HOST="10.0.0.1")  # noqa: S104  # no socket is opened
    make_certificates(settings)
    make_logins(settings)
    cassandra.prepare_cassandra(settings)
    folder = settings.state_dir / "cassandra"
    node = yaml.safe_load((folder / "cassandra.yaml").read_text())
    assert (node["rpc_address"], node["broadcast_rpc_address"]) == ("127.0.0.1", "127.0.0.1")
    options = node["client_encryption_options"]
    assert (options["enabled"], options["optional"], options["require_client_auth"]) == (True, False, True)
    assert options["truststore"] == str(folder / "node.pem")
    assert {(folder / name).stat().st_mode & 0o777 for name in ("node.pem", "jmx-login")} == {0o600}


def test_cassandra_that_cannot_write_ends_so_that_it_is_started_again(make_settings: MakeSettings) -> None:
    node = _node(make_settings())
    assert (node["disk_failure_policy"], node["commit_failure_policy"], node["auto_snapshot"]) == ("die", "die", True)


def test_empty_segment_of_a_full_disk_is_removed_before_cassandra_starts(tmp_path: Path, make_settings: MakeSettings) -> None:
    (tmp_path / "jars/cassandra").mkdir(parents=True)
    (tmp_path / "jars/cassandra/jamm-1.jar").touch()
    settings = make_settings(JARS_DIR=str(tmp_path / "jars"))
    folder = settings.state_dir / "cassandra/commitlog"
    folder.mkdir(parents=True)
    (folder / "CommitLog-7-1.log").write_bytes(bytes(2**21) + b"\1")
    (folder / "CommitLog-7-2.log").write_bytes(bytes(2**21))
    command = cassandra.cassandra_command(settings)
    started = [*command[: command.index("java")], "echo", "started"]
    assert subprocess.run(started, capture_output=True, text=True, check=True).stdout.endswith("\nstarted\n")
    assert [path.name for path in folder.iterdir()] == ["CommitLog-7-1.log"]


def test_services_bring_their_writes_to_the_disk_at_leisure(make_settings: MakeSettings) -> None:
    node, properties = _node(make_settings()), _broker(make_settings())
    assert (node["commitlog_sync"], node["commitlog_sync_period"]) == ("periodic", "10s")
    assert properties["log.flush.interval.messages"] == str(2**63 - 1)


def test_durable_services_bring_each_write_to_the_disk_first(make_settings: MakeSettings) -> None:
    settings = make_settings(DURABLE="1")
    node, properties = _node(settings), _broker(settings)
    assert node["commitlog_sync"] == "batch"
    assert "commitlog_sync_period" not in node  # Cassandra refuses to start with both
    assert properties["log.flush.interval.messages"] == "1"


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
