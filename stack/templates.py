"""Configuration files of the services: stack/etc/ holds the text, the settings fill in ports and folders."""

from pathlib import Path
from string import Template
from typing import Final

from stack.settings import LOOPBACK, REPOSITORY, StackSettings

ETC: Final = REPOSITORY / "stack/etc"

_NEVER: Final = 2**63 - 1
"""Kafka's own default of log.flush.interval.messages."""

_PERIODIC: Final = "periodic\ncommitlog_sync_period: 10s"
"""As in the cassandra.yaml that Cassandra ships."""


_ENCRYPTED: Final = """
# TLS=1: encrypted connections only.
client_encryption_options:
  enabled: true
  optional: false
  require_client_auth: false
  keystore: {pair}
  truststore: {trusted}
  ssl_context_factory:
    class_name: org.apache.cassandra.security.PEMBasedSslContextFactory
"""


_CERTIFICATES: Final = """
# TLS=1: encrypted connections only. One file holds the key and its certificates.
ssl.keystore.type=PEM
ssl.keystore.location={pair}
ssl.truststore.type=PEM
ssl.truststore.location={trusted}
"""


def fill_template(name: str, values: dict[str, object]) -> str:
    """The text of stack/etc/`name` with every ${key} replaced; a key without value is a KeyError."""
    return Template((ETC / name).read_text(encoding="utf-8")).substitute(values)


def service_values(settings: StackSettings, kafka_data: str = "../kafka/data") -> dict[str, object]:
    """What the services' templates ask for: ports, hosts and the lines that follow from them; never a secret."""
    public = settings.ec2_public_dns
    pair = settings.certificate_file("cassandra")
    return {
        **{name: value for name, value in settings if name.endswith(("_port", "_host"))},
        "kafka_host": settings.kafka_host.split(",")[0],
        "cassandra_host": settings.cassandra_host.split(",")[0],
        "kafka_controller_bind": LOOPBACK if settings.kafka_controller_host == LOOPBACK else settings.listen_host,
        "kafka_data": kafka_data,
        "flush_interval_messages": 1 if settings.durable else _NEVER,
        "commit_log_sync": f"commitlog_sync: {'batch' if settings.durable else _PERIODIC}",
        "client_encryption": _ENCRYPTED.format(pair=pair, trusted=settings.ca_file) if settings.tls else "",
        "kafka_protocol": "SASL_SSL" if settings.tls else "SASL_PLAINTEXT",
        "kafka_certificates": _CERTIFICATES.format(pair=settings.certificate_file("kafka"), trusted=settings.ca_file)
        if settings.tls
        else "",
        "kafka_public_listener": f",PUBLIC://{settings.kafka_public_host}:{settings.kafka_public_port}" if public else "",
        "kafka_public_address": f",PUBLIC://{public}:{settings.kafka_public_port}" if public else "",
    }


def write_file(path: Path, text: str) -> None:
    """Write `text` to `path`, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def temporary_dir(settings: StackSettings) -> Path:
    """Where all processes of the stack put what they need for a while, so that nothing of it outlives the state folder."""
    path = settings.state_dir / "tmp"
    path.mkdir(parents=True, exist_ok=True)
    return path


def run_dir(settings: StackSettings) -> Path:
    """The folder that services run in; paths in their configuration are relative to it."""
    path = settings.state_dir / "run"
    path.mkdir(parents=True, exist_ok=True)
    return path
