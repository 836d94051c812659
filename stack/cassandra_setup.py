"""Who may log in at the stack's Cassandra: roles with the passwords of `logins`, made in a start of their own.

A node without roles would make `cassandra` with the password `cassandra` and let everyone in for a moment, and a lost password
could never be replaced. So wherever the roles are not those of `logins`, the node starts without logins, on this machine and
for who has its certificate's key alone; the roles are written, it stops, and starts with logins. That is the same for a new
store, one of a release without logins, and changed passwords. A start that is cut short is repeated.
"""

import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import bcrypt
from cassandra import ConsistencyLevel, OperationTimedOut, RequestExecutionException
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.policies import WhiteListRoundRobinPolicy

from stack.cassandra_roles import read_made_roles
from stack.logins import ROLES, USERS, cassandra_users
from stack.settings import LOOPBACK, StackSettings

TABLES: Final = (
    *("roles", "role_members", "role_permissions", "resource_role_permissons_index"),
    *("network_permissions", "cidr_permissions", "cidr_groups", "identity_to_role"),
)
"""All of system_auth: who there is, and who may do what."""

SUPERUSER: Final = ROLES["admin"].cassandra
LOADER: Final = ROLES["loader"].cassandra

_GENERATED_ROUNDS: Final = 4
"""The least that bcrypt knows: 24 random bytes cannot be guessed, and each connection costs the node a 64th of the usual ten."""

_ROUNDS: Final = 10
"""For passwords that people chose, as Cassandra itself hashes them."""

_BCRYPT_BYTES: Final = 72
"""What bcrypt looks at, here and in Cassandra; the rest of a longer password does not count."""

_TIMEOUT_S: Final = 3

logging.getLogger("cassandra").setLevel(logging.CRITICAL)  # what it warns of while the node starts is in the answers below


def make_roles(settings: StackSettings) -> str:
    """Write the roles into a node that was started for it; what is wrong, or nothing once they are there.

    In a store whose roles were never made by this, all others are removed first, with every right: whoever reached it could
    have made them. Later, others are left alone, but for a login of the settings that has changed.
    """
    try:
        socket.create_connection((_host(settings), settings.cassandra_port), _TIMEOUT_S).close()
        with _connect(settings) as session:
            before = read_made_roles(settings)
            if not before:
                _clear(session)
            session.execute("DELETE FROM system_auth.roles WHERE role = 'cassandra'")  # a new node makes it at time 0
            users = cassandra_users(settings)
            for role, secret in users.items():
                _make_role(session, role, secret)
            for role in set(before.get("roles", ())) - set(users):
                _drop_role(session, role)
    except (OSError, NoHostAvailable, OperationTimedOut, RequestExecutionException) as error:
        return f"its roles cannot be made yet: {error}"
    return ""


def _clear(session: Session) -> None:
    """Empty every table of rights: truncated, because anything may have been written with a time far ahead."""
    for table in TABLES:
        session.execute(f"TRUNCATE system_auth.{table}")


def _make_role(session: Session, role: str, secret: str) -> None:
    is_ours = role in USERS["cassandra"]
    rounds = _GENERATED_ROUNDS if is_ours else _ROUNDS
    salted = bcrypt.hashpw(secret.encode()[:_BCRYPT_BYTES], bcrypt.gensalt(rounds, prefix=b"2a")).decode("ascii")
    session.execute(
        "INSERT INTO system_auth.roles (role, can_login, is_superuser, salted_hash) VALUES (%s, true, %s, %s)",
        (role, role == SUPERUSER, salted),
    )
    if not is_ours:
        session.execute("UPDATE system_auth.roles SET member_of = member_of + %s WHERE role = %s", ({LOADER}, role))
        session.execute("INSERT INTO system_auth.role_members (role, member) VALUES (%s, %s)", (LOADER, role))


def _drop_role(session: Session, role: str) -> None:
    session.execute("DELETE FROM system_auth.role_members WHERE role = %s AND member = %s", (LOADER, role))
    session.execute("DELETE FROM system_auth.role_permissions WHERE role = %s", (role,))
    session.execute("DELETE FROM system_auth.roles WHERE role = %s", (role,))


def _host(settings: StackSettings) -> str:
    return settings.cassandra_host.split(",")[0] if settings.is_in_container else LOOPBACK


@contextmanager
def _connect(settings: StackSettings) -> Iterator[Session]:
    certificate = settings.state_dir / "cassandra/node.pem"
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False  # the one certificate that is trusted is the node's
    context.load_cert_chain(certificate)
    profile = ExecutionProfile(
        load_balancing_policy=WhiteListRoundRobinPolicy([_host(settings)]),
        consistency_level=ConsistencyLevel.LOCAL_ONE,  # the node is alone, however many copies there will be
        request_timeout=60,
    )
    cluster = Cluster(
        [_host(settings)],
        port=settings.cassandra_port,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        protocol_version=5,
        connect_timeout=_TIMEOUT_S,
        ssl_context=context,
    )
    try:
        yield cluster.connect()
    finally:
        cluster.shutdown()
