"""What logins are measured against differs from the stack in its logins alone, and only a benchmark can start it."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are not pinned here

from barograph.settings import Settings
from barograph.transport.client import client_config
from benchmarks import without_logins
from stack import cassandra, kafka
from stack.environment import barograph_environment
from stack.logins import make_logins
from stack.settings import REPOSITORY, StackSettings


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    return StackSettings(_env_file=None, state_dir=tmp_path)  # type: ignore[call-arg]  # taken by BaseSettings, not a field


def _lines(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def test_kafka_differs_from_the_stacks_in_logins_and_rights_alone(settings: StackSettings) -> None:
    make_logins(settings)
    ours = set(_lines(without_logins.kafka_properties(settings)))
    theirs = set(_lines(kafka.kafka_properties(settings)))
    protocols = "listener.security.protocol.map=CLIENT:{0},CONTROLLER:{0},PUBLIC:SASL_SSL"
    assert ours - theirs == {protocols.format("PLAINTEXT")}
    assert {line.partition("=")[0] for line in theirs - ours - {protocols.format("SASL_PLAINTEXT")}} == {
        *("sasl.mechanism.inter.broker.protocol", "sasl.mechanism.controller.protocol"),
        *(f"listener.name.{one}.sasl.enabled.mechanisms" for one in ("client", "public", "controller")),
        *(f"listener.name.{one}.scram-sha-512.sasl.jaas.config" for one in ("client", "public")),
        "listener.name.controller.plain.sasl.jaas.config",
        *("authorizer.class.name", "super.users", "allow.everyone.if.no.acl.found"),
    }


def test_cassandra_differs_from_the_stacks_in_access_alone(settings: StackSettings) -> None:
    make_logins(settings)
    ours = yaml.safe_load(without_logins.cassandra_yaml(settings))
    theirs = yaml.safe_load(cassandra.cassandra_yaml(settings))
    access = {"authenticator", "authorizer", "role_manager", "server_encryption_options", "audit_logging_options"}
    assert {name: value for name, value in ours.items() if name not in access} == {
        name: value for name, value in theirs.items() if name not in access
    }
    assert (ours["authenticator"], ours["authorizer"]) == ("AllowAllAuthenticator", "AllowAllAuthorizer")


def test_its_clients_find_no_login_and_say_nothing_of_it(settings: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = without_logins.without_logins(settings)
    without_logins.make_no_logins(plain)
    for name, value in barograph_environment(plain).items():
        monkeypatch.setenv(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = Settings()
    assert client_config(seen) == {"bootstrap.servers": settings.kafka_bootstrap_servers}
    assert seen.cassandra_username == ""
    assert seen.spark_properties is not None
    assert seen.spark_properties.read_text() == ""


def test_nothing_but_a_benchmark_can_start_it() -> None:
    named = [path for folder in ("stack", "src", "dags", "jobs", "plugins") for path in (REPOSITORY / folder).rglob("*.py")]
    assert len(named) > 100
    assert [path for path in named if "without_logins" in path.read_text(encoding="utf-8")] == []
