"""Programs are brought up; here, that no password is sent to a stranger who holds a program's port."""

import os
import socket
from typing import cast

import pytest

from stack.programs import Program
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
