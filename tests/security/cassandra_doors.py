"""What is tried at Cassandra: its CQL port, and those of its nodes and of nodetool."""

import socket
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import replace

from cassandra import AuthenticationFailed, Unauthorized
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable
from cassandra.query import SimpleStatement

from stack.environment import client_environment
from stack.logins import password
from tests.security.attempts import Attempt, Target, encryption, tell

FORBIDDEN = {
    "explorer": (
        "INSERT INTO {keyspace}.locations (location_id) VALUES ('x')",
        "TRUNCATE {keyspace}.hourlydata",
        "CREATE ROLE thief WITH PASSWORD = 'x' AND LOGIN = true",
        "SELECT salted_hash FROM system_auth.roles",
    ),
    "pages": (
        "DELETE FROM {keyspace}.hourlydata WHERE location_id = 'x' AND source = 'x' AND year = 2000",
        "ALTER TABLE {keyspace}.hourlydata ADD stolen int",
        "DROP KEYSPACE {keyspace}",
    ),
    "loader": (
        "DROP TABLE {keyspace}.hourlydata",
        "CREATE ROLE thief WITH SUPERUSER = true",
        "GRANT ALL ON ALL KEYSPACES TO explorer",
        "SELECT salted_hash FROM system_auth.roles",
    ),
}
"""What roles that can log in must not do."""

OPTIONS, SUPPORTED = bytes([4, 0, 0, 0, 5, 0, 0, 0, 0]), b"\x06"
"""A request of CQL's protocol 4, and the kind of its answer."""


def try_cql(target: Target) -> Iterator[Attempt]:
    """Strangers, the login that Cassandra ships with, wrong passwords; with TLS, who comes without it."""
    yield _log_in(target, "anonymous", None)
    yield _log_in(target, "cassandra, as shipped", ("cassandra", "cassandra"))
    for role in ("admin", *FORBIDDEN):
        yield _log_in(target, f"{role}, wrong password", (role, "wrong"))
    if target.settings.tls:
        yield _speak_plainly(target)


def try_cql_roles(target: Target) -> Iterator[Attempt]:
    """Roles within their rights, and beyond them."""
    for role, statements in FORBIDDEN.items():
        yield replace(_log_in(target, role, (role, password(target.settings, "cassandra", role))), is_meant=True)
        yield from _overreach(target, role, statements)


def try_storage(target: Target) -> Iterator[Attempt]:
    """A node that is not ours introduces itself to the others: protocol 12, small messages, no certificate."""
    magic, version, messages = 0xCA552DFA, 12, 0
    flags = (messages << 2) | (version << 8) | (version << 16) | (10 << 24)
    try:
        with socket.create_connection(target.address, 5) as stranger:
            stranger.settimeout(5)
            stranger.sendall(struct.pack(">II", magic, flags & 0xFFFFFFFF) + bytes(12))
            answer = stranger.recv(64)
    except OSError as error:
        answer, told = b"", tell(error)
    else:
        told = f"{len(answer)} bytes" if answer else "closed"
    is_open = answer[:4] == struct.pack(">I", magic)
    yield Attempt("cassandra nodes", "anonymous", "joins the ring as a node", told, is_open=is_open)


def try_jmx(target: Target) -> Iterator[Attempt]:
    """Nodetool without a password: with it one reads, flushes, drops snapshots and stops the node."""
    settings = target.settings
    node_tool = ["java", "-cp", f"{settings.jars_dir / 'cassandra'}/*", "org.apache.cassandra.tools.NodeTool"]
    logins: dict[str, list[str]] = {"anonymous": [], "wrong password": ["-u", "admin", "-pw", "wrong"]}
    for who, login in logins.items():
        command = [*node_tool, "-h", target.host, "-p", str(target.listener.port), *login, "info"]
        done = subprocess.run(command, env=client_environment(settings), capture_output=True, text=True, check=False)
        told = (done.stderr.strip() or done.stdout.strip()).splitlines()
        yield Attempt("cassandra jmx", who, "nodetool info", told[0][:160] if told else "", is_open=done.returncode == 0)


def try_objects(target: Target) -> Iterator[Attempt]:
    """The port of the objects that JMX hands out after a login: asked as if it were a registry, without one."""
    node_tool = ["java", "-cp", f"{target.settings.jars_dir / 'cassandra'}/*", "org.apache.cassandra.tools.NodeTool"]
    command = [*node_tool, "-h", target.host, "-p", str(target.listener.port), "info"]
    done = subprocess.run(command, env=client_environment(target.settings), capture_output=True, text=True, check=False)
    told = (done.stderr.strip() or done.stdout.strip()).splitlines()
    yield Attempt(
        "cassandra jmx objects", "anonymous", "nodetool info", told[0][:160] if told else "", is_open=done.returncode == 0
    )


def _cluster(target: Target, login: tuple[str, str] | None) -> Cluster:
    host, port = target.address
    return Cluster(
        [host],
        port=port,
        protocol_version=5,
        connect_timeout=10,
        auth_provider=PlainTextAuthProvider(*login) if login else None,
        ssl_context=encryption() if target.settings.tls else None,
    )


def _speak_plainly(target: Target) -> Attempt:
    """OPTIONS, which Cassandra answers to anybody who speaks CQL with it."""
    try:
        with socket.create_connection(target.address, 5) as stranger:
            stranger.settimeout(5)
            stranger.sendall(OPTIONS)
            answer = stranger.recv(64)
    except OSError as error:
        answer, told = b"", tell(error)
    else:
        told = f"{len(answer)} bytes" if answer else "closed"
    return Attempt("cassandra", "anonymous, plain text", "ask for the options", told, is_open=answer[4:5] == SUPPORTED)


def _log_in(target: Target, who: str, login: tuple[str, str] | None) -> Attempt:
    cluster = _cluster(target, login)
    try:
        cluster.connect()
    except NoHostAvailable as error:
        return Attempt("cassandra", who, "log in", tell(error), is_open=not _is_refusal(error))
    finally:
        cluster.shutdown()
    return Attempt("cassandra", who, "log in", "a session", is_open=True)


def _is_refusal(error: NoHostAvailable) -> bool:
    """Whether the node said no; a node that is not there proves nothing."""
    causes = error.errors.values()
    return any(isinstance(cause, AuthenticationFailed) or "requires authentication" in str(cause) for cause in causes)


def _overreach(target: Target, role: str, statements: tuple[str, ...]) -> Iterator[Attempt]:
    cluster = _cluster(target, (role, password(target.settings, "cassandra", role)))
    try:
        session = cluster.connect()
        for text in statements:
            statement = text.format(keyspace=target.settings.cassandra_keyspace)
            try:
                session.execute(SimpleStatement(statement))
            except Unauthorized as error:
                yield Attempt("cassandra", role, statement, tell(error), is_open=False)
            else:
                yield Attempt("cassandra", role, statement, "done", is_open=True)
    finally:
        cluster.shutdown()
