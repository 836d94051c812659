"""The logins at the stack's own services: who there is, their passwords, and which process gets which of them.

Passwords are generated once into one file. From it each kind of process gets a folder of its own (SECRETS_DIR), whose files are
named by settings: what it needs to log in, and nothing else. No password is in an environment or a command line.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import SecretStr

from stack.console import complain
from stack.settings import LOOPBACK, StackSettings, replace_file

Role = Literal["admin", "producer", "loader", "reader"]


@dataclass(frozen=True, slots=True)
class Logins:
    """Whom a kind of process is at each service."""

    kafka: str
    cassandra: str


ROLES: Final[Mapping[Role, Logins]] = {
    "admin": Logins(kafka="admin", cassandra="admin"),
    "producer": Logins(kafka="producer", cassandra="loader"),
    "loader": Logins(kafka="loader", cassandra="loader"),
    "reader": Logins(kafka="reader", cassandra="explorer"),
}
"""admin makes topics, tables and rights; producer is the connection of tasks that send; loader are tasks, Spark's jobs and
`barograph`; reader is `cqlsh`, and whoever explores Kafka.
"""

USERS: Final[Mapping[str, tuple[str, ...]]] = {
    "kafka": ("admin", "broker", "producer", "loader", "feed", "reader"),
    "cassandra": ("admin", "loader", "pages", "explorer"),
    "spark": ("secret",),
    "standin": ("token",),
}
"""Every password that there is, by service. What uses feed and pages comes with them; their rights are there already."""

_FILE: Final = "passwords.json"

_RESERVED: Final = frozenset((*USERS["cassandra"], "cassandra"))
"""Names that CASSANDRA_USERNAME cannot take at the stack's Cassandra: its own, and the one whose password everyone knows."""


def make_logins(settings: StackSettings) -> None:
    """Generate the passwords that are not there yet; write the folder of each role from them."""
    folder = settings.logins_dir
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = _read(settings)
    passwords = {
        service: {user: known.get(service, {}).get(user) or secrets.token_hex(24) for user in users}
        for service, users in USERS.items()
    }
    if passwords != known:
        replace_file(folder / _FILE, json.dumps(passwords, indent=1) + "\n")
    for role in ROLES:
        for name, value in _files(settings, role, passwords).items():
            _write(folder / role / name, value)
    _write(folder / "spark/spark-defaults.conf", _spark_defaults(settings, passwords["spark"]["secret"]))
    _write(folder / "standin/standin_token", passwords["standin"]["token"])
    if settings.cassandra_username in _RESERVED and _is_cassandra_ours(settings):
        complain(
            f"CASSANDRA_USERNAME={settings.cassandra_username} is not used: the stack's Cassandra keeps that name for itself "
            "and has logins of its own: remove it, or take another name"
        )


def renew_passwords(settings: StackSettings) -> None:
    """Generate new passwords for all users; the services take them at their next start."""
    (settings.logins_dir / _FILE).unlink(missing_ok=True)
    make_logins(settings)


def cassandra_users(settings: StackSettings) -> dict[str, str]:
    """Who may log in at the stack's Cassandra, and the passwords: the generated ones, and the login that the settings name."""
    return {**_read(settings).get("cassandra", {}), **_extra_login(settings)}


def password(settings: StackSettings, service: str, user: str) -> str:
    """The generated password of `user` at `service`, as in USERS; KeyError before `make_logins`."""
    return _read(settings)[service][user]


def secrets_dir(settings: StackSettings, role: Role) -> Path:
    """The folder that a process of this role gets as SECRETS_DIR."""
    return settings.logins_dir / role


def settings_as(settings: StackSettings, role: Role) -> StackSettings:
    """The settings as a process of this role reads them, for what works at the services within this one.

    Before `make_logins`, and where the folder belongs to someone else, they are as they were.
    """
    folder = secrets_dir(settings, role)
    if not os.access(folder, os.R_OK | os.X_OK):
        return settings
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir() if path.name in StackSettings.model_fields}
    return settings.model_copy(
        update={name: SecretStr(value) if name.endswith("_password") else value for name, value in found.items()}
    )


def _files(settings: StackSettings, role: Role, passwords: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What a role's folder holds; at services of the user's own, the login that the settings name."""
    logins = ROLES[role]
    files = {"kafka_username": logins.kafka, "kafka_password": passwords["kafka"][logins.kafka]}
    if username := settings.kafka_username:
        files |= {"kafka_username": username, "kafka_password": settings.kafka_password.get_secret_value()}
    is_theirs = settings.cassandra_username and not _is_cassandra_ours(settings)
    if is_theirs or (_extra_login(settings) and role != "admin"):
        user, secret = settings.cassandra_username, settings.cassandra_password.get_secret_value()
    else:
        user, secret = logins.cassandra, passwords["cassandra"][logins.cassandra]
    return files | {"cassandra_username": user, "cassandra_password": secret}


def _is_cassandra_ours(settings: StackSettings) -> bool:
    """Whether CASSANDRA_HOST is the stack's own node: this machine, or a name under which LISTEN_HOST is reached."""
    hosts = settings.cassandra_host.split(",")
    return settings.listen_host != LOOPBACK or all(host == "localhost" or host.startswith("127.") for host in hosts)


def _extra_login(settings: StackSettings) -> dict[str, str]:
    """The login of the settings at the stack's Cassandra, in addition to the generated ones; none where it is not used."""
    username, secret = settings.cassandra_username, settings.cassandra_password.get_secret_value()
    is_used = username and secret and username not in _RESERVED and _is_cassandra_ours(settings)
    return {username: secret} if is_used else {}


def _spark_defaults(settings: StackSettings, generated: str) -> str:
    """What Spark reads from SPARK_PROPERTIES: driver, master, workers and executors talk to who has the secret, encrypted.

    The secret of a cluster of the user's own is SPARK_SECRET; where that is empty, the cluster asks for none.
    """
    given = settings.spark_secret.get_secret_value()
    if not (given or settings.is_spark_our_own):
        return ""
    secret = (given or generated).replace("\\", "\\\\")  # a sign of Java's property files
    return f"spark.authenticate=true\nspark.authenticate.secret={secret}\nspark.network.crypto.enabled=true\n"


def _read(settings: StackSettings) -> dict[str, dict[str, str]]:
    path = settings.logins_dir / _FILE
    known: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return known


def _write(path: Path, value: str) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != value:
        replace_file(path, value)
