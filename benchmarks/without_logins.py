"""Kafka and Cassandra that ask no one for a login, on this machine alone: what logins cost is measured against them.

No setting starts them so. Rows of a benchmark are all that they ever hold.
"""

import secrets
from dataclasses import replace
from typing import Final

from stack.cassandra import JMX_USER
from stack.cassandra_roles import note_made_roles
from stack.kafka import format_kafka, make_cluster_id
from stack.logins import ROLES, secrets_dir
from stack.programs import Program, find_program
from stack.settings import StackSettings, replace_file
from stack.side_stack import SideStack
from stack.templates import fill_template, service_values, write_file

_OF_LOGINS: Final = ("sasl.", "listener.name.", "authorizer.", "super.users", "allow.everyone")
"""Beginnings of the broker's properties that ask for logins and rights."""

_NO_ACCESS_RULES: Final = "authenticator: AllowAllAuthenticator\nauthorizer: AllowAllAuthorizer"


class StackWithoutLogins(SideStack):
    """A side stack whose clients log in nowhere."""

    @property
    def own_settings(self) -> StackSettings:
        """Its settings, as its programs see them."""
        return without_logins(super().own_settings)


def without_logins(settings: StackSettings) -> StackSettings:
    """What no settings of a user may say: they are validated, a copy is not."""
    return settings.model_copy(update={"kafka_security_protocol": "PLAINTEXT"})


def make_no_logins(settings: StackSettings) -> None:
    """The files that clients look for a login in, with none in them."""
    for role in ROLES:
        secrets_dir(settings, role).mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.spark_properties:
        write_file(settings.spark_properties, "")


def programs_without_logins() -> tuple[Program, ...]:
    """Kafka and Cassandra as the stack runs them, but for who may connect."""
    kafka = replace(find_program("kafka"), prepare=_prepare_kafka, open_door=None)
    return kafka, replace(find_program("cassandra"), prepare=_prepare_cassandra)


def kafka_properties(settings: StackSettings) -> str:
    """The broker's configuration without logins and rights."""
    values = {**service_values(settings), "kafka_protocol": "PLAINTEXT", "client_login": "", "controller_login": ""}
    lines = fill_template("kafka.properties", values).splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(_OF_LOGINS))


def cassandra_yaml(settings: StackSettings) -> str:
    """The node's configuration without logins, rights and their log."""
    return fill_template("cassandra.yaml", service_values(settings) | {"cassandra_access": _NO_ACCESS_RULES})


def _prepare_kafka(settings: StackSettings) -> None:
    write_file(settings.state_dir / "kafka/server.properties", kafka_properties(settings))
    format_kafka(settings, make_cluster_id())


def _prepare_cassandra(settings: StackSettings) -> None:
    folder = settings.state_dir / "cassandra"
    write_file(folder / "cassandra.yaml", cassandra_yaml(settings))
    replace_file(folder / "jmx-login", f"{JMX_USER} {secrets.token_hex(24)}\n")
    note_made_roles(settings)  # there are none, so the start in which they are made is left out
