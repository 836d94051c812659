"""Programs are brought up: no password goes to a stranger who holds a port; roles are made behind a certificate."""

import os
import socket
from typing import cast

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are not pinned here

from stack.cassandra_roles import are_roles_made
from stack.errors import StackError
from stack.logins import make_logins
from stack.programs import CASSANDRA, Program
from stack.settings import StackSettings
from stack.startup import Startup, listening_ports
from stack.supervision import Supervisor
from tests.stack.conftest import MakeSettings


class OneProgram:
    """A supervisord whose only program has this pid."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def states(self) -> dict[str, tuple[str, int]]:
        """It runs."""
        return {"kafka": ("RUNNING", self._pid)}

    def start(self, name: str) -> None:
        """At once."""


@pytest.mark.parametrize("is_own", [True, False])
def test_a_login_is_made_only_where_the_program_itself_holds_its_ports(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, is_own: bool
) -> None:
    made: list[StackSettings] = []
    problems = iter(("login refused", "login refused", ""))
    monkeypatch.setattr("stack.startup.find_problem", lambda settings, name: next(problems))

    def make_login(settings: StackSettings) -> bool:
        made.append(settings)
        return True

    with socket.create_server(("127.0.0.1", 0)) as listening:
        settings = make_settings(KAFKA_PORT=str(listening.getsockname()[1]))
        program = Program("kafka", command=lambda _settings: [], ports=("kafka_port",), open_door=make_login)
        Startup(settings, cast("Supervisor", OneProgram(os.getpid() if is_own else os.getppid()))).bring_up(program)
    assert made == ([settings] if is_own else [])


def test_a_process_that_is_gone_listens_nowhere() -> None:
    assert listening_ports(2**22 + 1) == set()


class Node:
    """A supervisord with Cassandra alone: remembers each step, with who is let in at that moment and what is noted."""

    def __init__(self, settings: StackSettings) -> None:
        self._settings = settings
        self.calls: list[tuple[str, str, bool]] = []

    def states(self) -> dict[str, tuple[str, int]]:
        """It runs."""
        return {CASSANDRA.name: ("RUNNING", 1)}

    def start(self, name: str) -> None:
        """At once."""
        self.look(f"start {name}")

    def stop(self, names: list[str]) -> None:
        """At once."""
        self.look(f"stop {' '.join(names)}")

    def make_roles(self, settings: StackSettings) -> str:
        """At once."""
        self.look("roles")
        return ""

    def look(self, step: str) -> None:
        """Remember a step."""
        node = yaml.safe_load((self._settings.state_dir / "cassandra/cassandra.yaml").read_text(encoding="utf-8"))
        self.calls.append((step, node["authenticator"], are_roles_made(self._settings)))


@pytest.fixture
def node(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A store without roles, whose node answers at once."""
    settings = make_settings()
    make_logins(settings)
    node = Node(settings)
    monkeypatch.setattr("stack.startup.make_roles", node.make_roles)
    monkeypatch.setattr("stack.startup.find_problem", lambda settings, name: "")
    return node


def bring_up(node: Node, settings: StackSettings) -> None:
    Startup(settings, node).bring_up(CASSANDRA)  # type: ignore[arg-type]  # a fake


def test_roles_are_made_behind_the_certificate_and_noted_once_that_start_has_ended(
    node: Node, make_settings: MakeSettings
) -> None:
    bring_up(node, make_settings())
    assert node.calls == [
        ("start cassandra", "AllowAllAuthenticator", False),
        ("roles", "AllowAllAuthenticator", False),
        ("stop cassandra", "AllowAllAuthenticator", False),
        ("start cassandra", "PasswordAuthenticator", True),
    ]


def test_later_starts_ask_for_logins_at_once(node: Node, make_settings: MakeSettings) -> None:
    bring_up(node, make_settings())
    node.calls.clear()
    bring_up(node, make_settings())
    assert node.calls == [("start cassandra", "PasswordAuthenticator", True)]


def test_a_start_without_roles_never_opens_the_door(
    node: Node, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.startup.make_roles", lambda settings: "no answer")
    monkeypatch.setattr(Node, "states", lambda self: {CASSANDRA.name: ("FATAL", 0)})
    with pytest.raises(StackError, match="does not start"):
        bring_up(node, make_settings())
    assert node.calls == [("start cassandra", "AllowAllAuthenticator", False)]
