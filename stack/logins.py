"""The logins at the stack's own services: who there is, their passwords, and which process gets which of them.

Passwords are generated once into one file. From it each kind of process gets a folder of its own (SECRETS_DIR), whose files are
named by settings: what it needs to log in, and nothing else. No password is in an environment or a command line.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from stack.settings import StackSettings, replace_file

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


def password(settings: StackSettings, service: str, user: str) -> str:
    """The generated password of `user` at `service`, as in USERS; KeyError before `make_logins`."""
    return _read(settings)[service][user]


def secrets_dir(settings: StackSettings, role: Role) -> Path:
    """The folder that a process of this role gets as SECRETS_DIR."""
    return settings.logins_dir / role


def _files(settings: StackSettings, role: Role, passwords: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What a role's folder holds; at services of the user's own, the login that the settings name."""
    logins = ROLES[role]
    files = {"kafka_username": logins.kafka, "kafka_password": passwords["kafka"][logins.kafka]}
    files |= {"cassandra_username": logins.cassandra, "cassandra_password": passwords["cassandra"][logins.cassandra]}
    for service in ("kafka", "cassandra"):
        if username := str(getattr(settings, f"{service}_username")):
            given = getattr(settings, f"{service}_password").get_secret_value()
            files |= {f"{service}_username": username, f"{service}_password": given}
    return files


def _spark_defaults(settings: StackSettings, generated: str) -> str:
    """What Spark reads in the folder SPARK_CONF_DIR: driver, master, workers and executors talk to who has the secret, encrypted.

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
