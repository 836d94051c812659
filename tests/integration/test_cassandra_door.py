"""Whoever comes to Cassandra is asked who it is, and may do what its kind of process needs: on a store of the previous release.

That store had no logins, and somebody made a superuser in it, with a time that no later statement reaches.
"""

import json
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import bcrypt
import psutil
import pytest
from pydantic import SecretStr

from barograph.errors import BarographError, StoreRefused
from barograph.settings import Settings
from barograph.store.connection import connect
from barograph.store.migration import migrate
from barograph.store.rights import grant_rights
from barograph.store.schema import add_columns, check_schema, create_schema
from barograph.store.store import Store
from stack.cassandra import nodetool_command, prepare_cassandra
from stack.cassandra_roles import are_roles_made
from stack.cassandra_setup import make_roles
from stack.environment import client_environment
from stack.health import find_problem
from stack.logins import make_logins, password
from stack.programs import find_program
from stack.settings import LOOPBACK, StackSettings
from stack.side_services import SideServices
from stack.startup import Startup
from stack.supervision import Supervisor
from stack.templates import fill_template, service_values, write_file
from tests.integration.test_migration import assert_as_before, write_previous

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

KEYSPACE = "analytics"
FAR = 2**62
"""A write timestamp in µs: the year 148,000."""

INTRUDER = ("intruder", "forged")
DEFAULT = ("cassandra", "cassandra")
MINE = ("mine", "my own$ \"pass' %#@: wörd")
UP_S = 300
OPTIONS = bytes([4, 0, 0, 0, 5, 0, 0, 0, 0])
"""A request of CQL that every node answers, login or not."""

SUPPORTED = bytes([6])
NODES_MAGIC = bytes.fromhex("ca552dfa")
"""How nodes begin to talk to each other."""


@dataclass
class Door:
    """A node with logins, and what was seen on the way there."""

    side: SideServices
    supervisor: Supervisor
    refused_at_setup: dict[str, bool] = field(default_factory=dict)

    @property
    def settings(self) -> StackSettings:
        """The node's, with the login of admin."""
        return self.side.settings

    def as_role(self, role: str) -> Settings:
        """The settings of a process that is `role`."""
        return with_login(self.settings, role, password(self.settings, "cassandra", role))

    def restart(self, **changed: object) -> None:
        """Stop, and start as ./startup.sh does it, with other settings if any are given."""
        self.supervisor.stop(["cassandra"])
        settings = self.side.own_settings.model_copy(update=changed)
        make_logins(settings)
        Startup(settings, self.supervisor).bring_up(find_program("cassandra"))

    def kill(self) -> None:
        """Kill -9, and it is not started again."""
        process = psutil.Process(self.supervisor.states()["cassandra"][1])
        process.kill()
        process.wait(30)
        self.supervisor.stop(["cassandra"])

    def await_problem(self, find: Callable[[], str]) -> None:
        """Wait until `find` finds no problem."""
        until = time.monotonic() + UP_S
        while problem := find():
            assert time.monotonic() < until, problem
            time.sleep(0.5)


def with_login(settings: Settings, username: str, secret: str) -> Settings:
    """The same settings for somebody else."""
    return settings.model_copy(update={"cassandra_username": username, "cassandra_password": SecretStr(secret)})


def write_old_store(door: Door) -> None:
    """A node without logins, as the previous release started it; rows, and what an intruder left behind."""
    settings = door.side.own_settings
    prepare_cassandra(settings)
    without_logins = fill_template("cassandra.yaml", service_values(settings) | {"cassandra_access": ""})
    write_file(settings.state_dir / "cassandra/cassandra.yaml", without_logins)
    door.supervisor.start("cassandra")
    door.await_problem(lambda: find_problem(settings, "cassandra"))
    forged = bcrypt.hashpw(INTRUDER[1].encode(), bcrypt.gensalt(4, prefix=b"2a")).decode("ascii")
    with connect(with_login(settings, "", "")) as session:
        write_previous(session, KEYSPACE)
        for role in (INTRUDER[0], "explorer"):
            session.execute(
                "INSERT INTO system_auth.roles (role, can_login, is_superuser, salted_hash) VALUES (%s, true, true, %s) "
                f"USING TIMESTAMP {FAR}",
                (role, forged),
            )
        session.execute(f"DELETE FROM system_auth.roles USING TIMESTAMP {FAR} WHERE role = 'loader'")
        session.execute(
            "INSERT INTO system_auth.role_permissions (role, resource, permissions) VALUES ('pages', 'data', {'MODIFY', 'DROP'})"
        )
    door.supervisor.stop(["cassandra"])


def look_at_setup(door: Door) -> None:
    """Start for the roles to be made, see who else is let in, make them, and die before that was noted."""
    settings = door.side.own_settings
    make_logins(settings)
    prepare_cassandra(settings)
    door.supervisor.start("cassandra")
    door.await_problem(lambda: make_roles(settings))
    for name, tls in {"plain": None, "TLS without the key": tls_without_a_key()}.items():
        door.refused_at_setup[name] = answer_to(OPTIONS, settings.cassandra_port, tls)[4:5] != SUPPORTED
    for name, login in {"nobody": ("", ""), "cassandra": DEFAULT, "intruder": INTRUDER}.items():
        with suppress(BarographError), connect(with_login(settings, *login)):
            continue
        door.refused_at_setup[name] = True
    door.kill()


def answer_to(request: bytes, port: int, tls: ssl.SSLContext | None) -> bytes:
    """What a client without any key is answered; nothing when it is cut off."""
    with socket.create_connection((LOOPBACK, port), 5) as plain:
        plain.settimeout(10)
        try:
            with tls.wrap_socket(plain) if tls else plain as connection:
                connection.sendall(request)
                return connection.recv(64)
        except OSError:
            return b""


def tls_without_a_key() -> ssl.SSLContext:
    """A client that takes any server and says nothing of itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    """An old store, upgraded; its first upgrade was killed after the roles were made and before that was noted."""
    side = SideServices("cassandra-door", CASSANDRA_HEAP="512m")
    side.prepare()
    found = Door(side, side.begin())
    try:
        write_old_store(found)
        look_at_setup(found)
        assert not are_roles_made(side.own_settings)
        found.restart()
        with connect(found.settings) as session:
            create_schema(session, found.settings)
            migrate(session, found.settings, lambda _: None)
            check_schema(session, found.settings)
            grant_rights(session, found.settings)
        yield found
    finally:
        side.remove()


@pytest.mark.parametrize("who", ["plain", "TLS without the key", "nobody", "cassandra", "intruder"])
def test_no_one_is_let_in_while_roles_are_made(door: Door, who: str) -> None:
    assert door.refused_at_setup.get(who)


@pytest.mark.parametrize("login", [("", ""), DEFAULT, INTRUDER, ("explorer", INTRUDER[1]), ("loader", "wrong")], ids=str)
def test_who_has_no_login_is_refused_with_the_remedy(door: Door, login: tuple[str, str]) -> None:
    refused = pytest.raises(StoreRefused, match=r"refuses .*: with the stack's own Cassandra use `\./startup.sh barograph`")
    with refused as caught, connect(with_login(door.settings, *login)):
        pass
    assert "wrong" not in str(caught.value)


def test_an_old_store_keeps_every_row_and_no_role_but_ours(door: Door) -> None:
    with connect(door.settings) as session:
        assert_as_before(Store(session, door.settings))
        assert {row.role: row.super for row in session.execute("LIST ROLES")} == {
            "admin": True, "loader": False, "pages": False, "explorer": False,
        }  # fmt: skip


@pytest.mark.parametrize("role", ["pages", "explorer"])
def test_who_only_reads_can_read(door: Door, role: str) -> None:
    with connect(door.as_role(role)) as session:
        assert len(list(session.execute(f"SELECT * FROM {KEYSPACE}.ingest_ledger"))) == 4


CHANGES = [
    f"INSERT INTO {KEYSPACE}.version_clock (source, version) VALUES ('x', 1)",
    f"DELETE FROM {KEYSPACE}.version_clock WHERE source = 'x'",
    f"TRUNCATE {KEYSPACE}.version_clock",
    f"ALTER TABLE {KEYSPACE}.hourlydata ADD forged double",
]
NEVER = [
    f"ALTER TABLE {KEYSPACE}.ingest_ledger ADD forged double",
    f"DROP TABLE {KEYSPACE}.version_clock",
    f"CREATE TABLE {KEYSPACE}.forged (id int PRIMARY KEY)",
    "CREATE KEYSPACE forged WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
    f"DROP KEYSPACE {KEYSPACE}",
    "CREATE ROLE forged WITH PASSWORD = 'x' AND LOGIN = true",
    "ALTER ROLE admin WITH PASSWORD = 'x'",
    f"GRANT MODIFY ON KEYSPACE {KEYSPACE} TO explorer",
    "SELECT * FROM system_auth.roles",
    "INSERT INTO system_auth.roles (role, is_superuser) VALUES ('explorer', true)",
]


@pytest.mark.parametrize("statement", [*CHANGES, *NEVER])
@pytest.mark.parametrize("role", ["pages", "explorer"])
def test_who_only_reads_can_change_nothing(door: Door, role: str, statement: str) -> None:
    with pytest.raises(StoreRefused, match=r"grant any other role what it lacks"), connect(door.as_role(role)) as session:
        session.execute(statement)


@pytest.mark.parametrize("statement", NEVER)
def test_loads_cannot_make_or_drop_tables_and_roles(door: Door, statement: str) -> None:
    with pytest.raises(StoreRefused, match=r"grant any other role what it lacks"), connect(door.as_role("loader")) as session:
        session.execute(statement)


def test_loads_write_and_add_the_column_of_a_variable(door: Door) -> None:
    settings = door.as_role("loader")
    with connect(settings) as session:
        assert add_columns(session, settings, "hourly", ["rain"]) == ["rain"]
        session.execute(f"INSERT INTO {KEYSPACE}.version_clock (source, version) VALUES ('loader', 1)")
        assert session.execute(f"SELECT version FROM {KEYSPACE}.version_clock WHERE source = 'loader'").one().version == 1


def test_init_as_a_role_that_is_no_superuser_grants_nothing_and_does_not_fail(door: Door) -> None:
    settings = door.as_role("loader")
    with connect(settings) as session:
        grant_rights(session, settings)


def test_nodetool_needs_the_password(door: Door) -> None:
    assert "UN  127.0.0.1" in door.side.nodetool("status")
    command = nodetool_command(door.settings)
    without = [*command[: command.index("-u")], "status"]
    done = subprocess.run(without, env=client_environment(door.settings), capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Credentials required" in done.stderr
    wrong = [*command[: command.index("-pwf")], "-pw", "wrong", "status"]
    done = subprocess.run(wrong, env=client_environment(door.settings), capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Invalid username or password" in done.stderr


def test_the_storage_port_is_closed_to_who_has_no_certificate(door: Door) -> None:
    port = door.settings.cassandra_storage_port
    assert NODES_MAGIC not in answer_to(NODES_MAGIC + bytes(12), port, None)
    assert answer_to(NODES_MAGIC + bytes(12), port, tls_without_a_key()) == b""
    assert answer_to(OPTIONS, door.settings.cassandra_port, None)[4:5] == SUPPORTED  # so one that is let in is answered


def test_logins_refused_ones_too_are_in_a_log_of_their_own(door: Door) -> None:
    log = (door.settings.state_dir / "logs/cassandra-audit.log").read_text(encoding="utf-8")
    assert "user:admin" in log
    assert "type:LOGIN_SUCCESS" in log
    assert "type:LOGIN_ERROR" in log
    assert "type:UNAUTHORIZED_ATTEMPT" in log
    assert "type:GRANT" in log


def test_no_password_is_in_a_command_line_a_log_or_a_file_that_others_read(door: Door) -> None:
    state = door.settings.state_dir
    secrets = [password(door.settings, "cassandra", role) for role in ("admin", "loader", "pages", "explorer")]
    node = psutil.Process(door.supervisor.states()["cassandra"][1])
    environment = [f"{name}={value}" for name, value in node.environ().items()]
    assert [one for one in secrets if any(one in text for text in (*node.cmdline(), *environment))] == []
    outside = [path for path in (*state.glob("logs/*"), *state.glob("cassandra/*"), *state.glob("run/*")) if path.is_file()]
    holding = [path for path in outside if any(one in path.read_text(errors="replace") for one in secrets)]
    assert [path.name for path in holding] == ["jmx-login"]
    keys = [*holding, *Path(state, "secrets").rglob("*"), state / "cassandra/node.pem"]
    assert [path for path in keys if path.is_file() and path.stat().st_mode & 0o077] == []


def test_cqlsh_is_the_explorer_and_admin_where_asked(door: Door) -> None:
    asked = door.side.run("cqlsh", "-e", "LIST ROLES")
    assert asked.returncode == 0, asked.stderr
    assert "explorer" in asked.stdout
    assert "admin" not in asked.stdout
    refused = door.side.run("cqlsh", "-e", f"TRUNCATE {KEYSPACE}.version_clock")
    assert "Unauthorized" in refused.stderr
    asked = door.side.run("cqlsh", "--admin", "-e", "LIST ROLES")
    assert "loader" in asked.stdout


def test_changed_passwords_hold_from_the_next_start_and_roles_of_the_users_own_stay(door: Door) -> None:
    before = door.as_role("loader")
    with connect(door.settings) as session:
        session.execute("CREATE ROLE dashboard WITH PASSWORD = 'chart' AND LOGIN = true")
    file = door.settings.logins_dir / "passwords.json"
    kept = json.loads(file.read_text(encoding="utf-8"))
    for role in ("admin", "loader"):
        del kept["cassandra"][role]
    file.write_text(json.dumps(kept), encoding="utf-8")
    door.restart()
    with pytest.raises(StoreRefused), connect(before):
        pass
    for settings in (door.settings, door.as_role("loader"), with_login(before, "dashboard", "chart")):
        with connect(settings) as session:
            assert session.execute("SELECT release_version FROM system.local").one()


def test_a_login_of_the_settings_may_do_what_loads_do_and_goes_with_its_setting(door: Door) -> None:
    door.restart(cassandra_username=MINE[0], cassandra_password=SecretStr(MINE[1]))
    assert door.settings.cassandra_username == "admin"
    with connect(with_login(door.settings, *MINE)) as session:
        session.execute(f"INSERT INTO {KEYSPACE}.version_clock (source, version) VALUES ('mine', 1)")
    with pytest.raises(StoreRefused), connect(with_login(door.settings, *MINE)) as session:
        session.execute(f"DROP TABLE {KEYSPACE}.version_clock")
    door.restart()
    with pytest.raises(StoreRefused), connect(with_login(door.settings, *MINE)):
        pass
