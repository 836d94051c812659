"""Kafka: one broker in KRaft mode, started from its jars."""

import base64
import subprocess
import uuid
from pathlib import Path
from typing import Final

from barograph.transport.client import jaas
from stack.environment import client_environment
from stack.errors import StackError
from stack.logins import password
from stack.settings import StackSettings, replace_file
from stack.templates import ETC, fill_template, run_dir, service_values, temporary_dir

BROKER: Final = "broker"
"""The user of the broker itself: towards other brokers, and alone at the controller."""

_PROPERTIES: Final = "../kafka/server.properties"


def prepare_kafka(settings: StackSettings) -> None:
    """Write the configuration; format the log folder once."""
    configure_kafka(settings)
    format_kafka(settings, make_cluster_id())


def configure_kafka(settings: StackSettings) -> Path:
    """Write the configuration, which its owner alone can read, and say where."""
    path = settings.state_dir / "kafka/server.properties"
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, kafka_properties(settings))
    return path


def kafka_properties(settings: StackSettings, kafka_data: str = "../kafka/data") -> str:
    """The broker's configuration, with its own login; its password must have been made (`make_logins`)."""
    login = {"username": BROKER, "password": password(settings, "kafka", BROKER)}
    logins = {
        "client_login": jaas("SCRAM-SHA-512", login),
        "controller_login": jaas("PLAIN", {**login, f"user_{BROKER}": login["password"]}),
    }
    return fill_template("kafka.properties", {**service_values(settings, kafka_data), **logins})


def format_kafka(settings: StackSettings, cluster_id: str) -> None:
    """Format the log folder as one of cluster `cluster_id`, unless it is formatted already.

    Raises:
        StackError: Kafka refused.
    """
    if (settings.state_dir / "kafka/data/meta.properties").exists():
        return
    command = [*_java(settings), "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", _PROPERTIES]
    environment, folder = client_environment(settings), run_dir(settings)
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"Kafka's folder could not be formatted: {(done.stderr or done.stdout).strip()}")


def kafka_command(settings: StackSettings) -> list[str]:
    """The broker's command line."""
    memory = [f"-Xms{settings.kafka_heap}", f"-Xmx{settings.kafka_heap}", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError"]
    return [*_java(settings, *memory), "kafka.Kafka", _PROPERTIES]


def _java(settings: StackSettings, *options: str) -> list[str]:
    logging = f"-Dlog4j2.configurationFile={(ETC / 'kafka-log4j2.xml').as_uri()}"
    own = [f"-Djava.io.tmpdir={temporary_dir(settings)}", "-Duser.timezone=UTC", logging]
    return ["java", *options, *own, "-cp", f"{settings.jars_dir / 'kafka'}/*"]


def make_cluster_id() -> str:
    """16 random bytes in Kafka's base64, which may not begin with a dash."""
    return next(text for text in iter(_random_base64, "") if not text.startswith("-"))


def _random_base64() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
