"""What TLS=1 makes of the services' configuration and of what their clients get."""

import ssl
import subprocess
import sys
from configparser import ConfigParser
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are not pinned here

from barograph.loading.session import connection_conf
from barograph.settings import Settings
from barograph.store import connection
from barograph.store.connection import connect
from barograph.transport.client import client_config, java_config
from stack.airflow_home import airflow_cfg, airflow_environment
from stack.cassandra import SETUP, cassandra_yaml
from stack.certificates import make_certificates
from stack.environment import client_environment
from stack.health import connect_postgres
from stack.kafka import kafka_properties
from stack.logins import make_logins
from stack.postgres import postgres_command
from stack.settings import REPOSITORY, StackSettings
from stack.tools import cqlsh_arguments
from tests.stack.conftest import MakeSettings


@pytest.fixture
def plain(make_settings: MakeSettings) -> StackSettings:
    """A stack without TLS, as it is by default."""
    settings = make_settings()
    make_logins(settings)
    return settings


@pytest.fixture
def encrypted(plain: StackSettings, make_settings: MakeSettings) -> StackSettings:
    """The same with TLS=1."""
    settings = make_settings(TLS="1")
    make_certificates(settings)
    return settings


def properties(settings: StackSettings) -> dict[str, str]:
    """Kafka's."""
    lines = [line for line in kafka_properties(settings).splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def cfg(settings: StackSettings, reader: str) -> ConfigParser:
    """The configuration of a process of Airflow."""
    parser = ConfigParser(interpolation=None)
    parser.read_string(airflow_cfg(settings, reader))
    return parser


def test_kafka_encrypts_every_listener(encrypted: StackSettings) -> None:
    given = properties(encrypted)
    assert given["listener.security.protocol.map"] == "CLIENT:SASL_SSL,CONTROLLER:SASL_SSL,PUBLIC:SASL_SSL"
    assert (given["ssl.keystore.type"], given["ssl.keystore.location"]) == ("PEM", str(encrypted.certificate_file("kafka")))
    assert (given["ssl.truststore.type"], given["ssl.truststore.location"]) == ("PEM", str(encrypted.ca_file))


def test_kafka_without_tls_knows_no_certificate(plain: StackSettings) -> None:
    assert properties(plain)["listener.security.protocol.map"].startswith("CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT")
    assert not [name for name in properties(plain) if name.startswith("ssl.")]


def test_the_public_listener_is_encrypted_and_asks_for_a_login(encrypted: StackSettings, make_settings: MakeSettings) -> None:
    given = properties(make_settings(EC2_PUBLIC_DNS="example.org", KAFKA_PUBLIC_BIND="192.168.0.7", KAFKA_PUBLIC_PORT="1234"))
    assert given["listeners"].endswith(",PUBLIC://192.168.0.7:1234")
    assert given["advertised.listeners"].endswith(",PUBLIC://example.org:1234")
    assert given["listener.name.public.sasl.enabled.mechanisms"] == "SCRAM-SHA-512"
    assert "ScramLoginModule" in given["listener.name.public.scram-sha-512.sasl.jaas.config"]  # without it Kafka does not start


def test_kafkas_clients_trust_the_stacks_authority(encrypted: StackSettings) -> None:
    assert client_config(encrypted)["ssl.ca.location"] == str(encrypted.ca_file)
    assert client_config(encrypted)["security.protocol"] == "SASL_SSL"
    assert java_config(encrypted)["ssl.truststore.location"] == str(encrypted.ca_file)


def test_another_kafka_is_not_compared_with_the_stacks_authority(make_settings: MakeSettings) -> None:
    settings = make_settings(TLS="1", KAFKA_HOST="kafka.example.org", KAFKA_USERNAME="recorder")
    assert client_config(settings)["security.protocol"] == "SASL_SSL"
    assert "ssl.ca.location" not in client_config(settings)


def node(settings: StackSettings, *access: str) -> dict[str, Any]:
    """Cassandra's configuration, in which no key is given twice."""
    text = cassandra_yaml(settings, *access)
    keys = [line.split(":")[0] for line in text.splitlines() if line[:1].isalpha()]
    assert len(keys) == len(set(keys))
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed


def test_cassandra_takes_encrypted_connections_alone(plain: StackSettings, encrypted: StackSettings) -> None:
    options = node(encrypted)["client_encryption_options"]
    assert (options["enabled"], options["optional"], options["require_client_auth"]) == (True, False, False)
    assert options["keystore"] == str(encrypted.certificate_file("cassandra"))
    assert "client_encryption_options" not in node(plain)


def test_the_start_that_makes_cassandras_roles_keeps_its_own_certificate(encrypted: StackSettings) -> None:
    assert node(encrypted, SETUP)["client_encryption_options"]["require_client_auth"] is True


def test_cassandras_drivers_check_certificate_and_name(encrypted: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    class Cluster:
        """Notes what it is made with."""

        def __init__(self, *_: object, **options: object) -> None:
            given.update(options)

        def connect(self) -> object:
            """No session."""
            return None

        def shutdown(self) -> None:
            """Nothing to close."""

    monkeypatch.setattr(connection, "Cluster", Cluster)
    with connect(encrypted):
        context = given["ssl_context"]
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
        assert len(context.get_ca_certs()) == 1
        assert given["ssl_options"] == {"server_hostname": "127.0.0.1"}
    with connect(encrypted.model_copy(update={"cassandra_host": "10.0.0.1,10.0.0.2"})):
        assert given["ssl_options"] is None
    with connect(encrypted.model_copy(update={"tls": False})):
        assert (given["ssl_context"], given["ssl_options"]) == (None, None)


def test_sparks_connector_trusts_the_stacks_authority_and_speaks_tls_1_3(plain: StackSettings, encrypted: StackSettings) -> None:
    conf = {name.rpartition("ssl.")[2]: value for name, value in connection_conf(encrypted).items() if ".ssl." in name}
    assert conf["enabled"] == "true"
    assert conf["trustStore.path"] == str(encrypted.truststore_file)
    assert {cipher[:8] for cipher in conf["enabledAlgorithms"].split(",")} == {"TLS_AES_"}
    assert not [name for name in connection_conf(plain) if ".ssl." in name]


def test_cqlsh_is_started_with_tls(encrypted: StackSettings) -> None:
    assert cqlsh_arguments(encrypted, [])[-3:] == ["--ssl", "127.0.0.1", "9042"]


def test_cqlsh_lets_no_setting_of_the_user_turn_the_check_off() -> None:
    code = (
        "import stack.cqlsh; from cqlshlib import copyutil;"
        "print(sorted(copyutil.ssl_settings('host', 'none', {'SSL_CERTFILE': 'ca', 'SSL_VALIDATE': 'false'}).items()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert "('ca_certs', 'ca')" in done.stdout
    assert "('check_hostname', True)" in done.stdout
    assert "('server_hostname', 'host')" in done.stdout


def test_postgres_takes_encrypted_connections_alone(encrypted: StackSettings) -> None:
    pair = encrypted.certificate_file("postgres")
    assert {"ssl=on", f"ssl_cert_file={pair}", f"ssl_key_file={pair}"} <= set(postgres_command(encrypted))


def test_postgres_without_tls_has_no_certificate(plain: StackSettings) -> None:
    assert not [option for option in postgres_command(plain) if option.startswith("ssl")]


def test_airflows_drivers_check_postgres_certificate(plain: StackSettings, encrypted: StackSettings) -> None:
    environment = airflow_environment(encrypted)
    assert (environment["PGSSLMODE"], environment["PGSSLROOTCERT"]) == ("verify-full", str(encrypted.ca_file))
    assert not [name for name in airflow_environment(plain) if name.startswith("PGSSL")]


def test_a_mode_of_the_users_own_for_postgres_is_left_behind(plain: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSSLMODE", "disable")
    assert "PGSSLMODE" not in client_environment(plain)


def test_the_probe_of_postgres_checks_its_certificate(encrypted: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}
    monkeypatch.setattr("psycopg.connect", lambda **options: given.update(options))
    connect_postgres(encrypted)
    assert (given["sslmode"], given["sslrootcert"]) == ("verify-full", str(encrypted.ca_file))


def test_the_api_server_alone_knows_its_key_and_all_trust_the_stacks_authority_only(encrypted: StackSettings) -> None:
    pair = str(encrypted.certificate_file("airflow"))
    server = cfg(encrypted, "airflow-api-server")
    assert (server["api"]["ssl_cert"], server["api"]["ssl_key"], server["fab"]["cookie_secure"]) == (pair, pair, "True")
    for reader in ("airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"):
        client = cfg(encrypted, reader)
        assert not {"ssl_cert", "ssl_key"} & set(client["api"])
        assert client["core"]["execution_api_server_url"].startswith("https://127.0.0.1:")
        assert (client["api"]["ssl_ca_file"], client["api"]["client_use_public_certs"]) == (str(encrypted.ca_file), "False")


def test_with_tls_no_proxy_is_believed(encrypted: StackSettings, make_settings: MakeSettings) -> None:
    settings = make_settings(WEB_URL="https://pages.example.org")
    assert not settings.is_behind_tls
    assert cfg(settings, "airflow-api-server")["api"]["base_url"] == "https://pages.example.org"
    assert make_settings(TLS="0").is_behind_tls


def test_a_proxy_before_containers_is_believed_though_services_are_encrypted(
    make_settings: MakeSettings,
) -> None:
    assert make_settings(WEB_URL="https://pages.example.org", WEB_TLS="0", AIRFLOW_HOST="airflow-apiserver").is_behind_tls


@pytest.mark.parametrize(
    ("where", "named", "believed"),
    [
        ({}, "", "127.0.0.1"),
        ({"WEB_BIND": "0.0.0.0"}, "", "127.0.0.1"),  # noqa: S104 (whoever reaches the port is not believed)
        ({"AIRFLOW_HOST": "airflow-apiserver"}, "", "*"),
        ({}, "192.0.2.7", "192.0.2.7"),
    ],
    ids=["on this machine", "open to the network", "in a container", "named"],
)
def test_who_may_say_where_a_request_came_from(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, where: dict[str, str], named: str, believed: str
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", named)
    settings = make_settings(WEB_URL="https://pages.example.org", TLS="0", **where)
    assert airflow_environment(settings)["FORWARDED_ALLOW_IPS"] == believed


def test_airflow_without_tls_has_no_certificate(plain: StackSettings) -> None:
    assert not [name for name in cfg(plain, "airflow-api-server")["api"] if "ssl" in name]
    assert cfg(plain, "airflow-api-server")["fab"]["cookie_secure"] == "False"


def test_tasks_find_what_to_trust_in_their_environment(encrypted: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in client_environment(encrypted).items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.tls, settings.ca_file, settings.kafka_ca) == (True, encrypted.ca_file, str(encrypted.ca_file))
