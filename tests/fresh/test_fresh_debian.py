"""A newcomer's first hour: the README's two commands, and what it says before them, on a Debian 12 with nothing on it."""

import os
import re

import pytest

from stack.settings import REPOSITORY
from tests.commands import CannotRunError
from tests.fresh.machine import Machine, fresh_machine

pytestmark = pytest.mark.fresh


def begin_of_readme() -> str:
    """The README up to the end of its second block of commands."""
    return "```sh".join((REPOSITORY / "README.md").read_text(encoding="utf-8").split("```sh")[:3]).rpartition("\n```")[0]


def two_commands() -> list[str]:
    """The first two commands of the README."""
    return [line for block in begin_of_readme().split("```sh\n")[1:] for line in block.split("\n```")[0].splitlines()]


def install_what_is_asked_for(machine: Machine) -> None:
    """Start as a user who may install nothing, and give root the command that the error names."""
    refused = machine.run(two_commands()[0], expected=1)
    asked = re.findall(r"^error: missing on this machine: .*start again: (.*)$", refused, re.MULTILINE)
    assert len(asked) == 1, refused
    machine.run(asked[0].replace("sudo ", ""), user="root")


def walk_through(machine: Machine) -> None:
    """Do what the README says, in its order, and stop."""
    start, test = two_commands()
    if machine.user != "root":
        install_what_is_asked_for(machine)
    started = machine.run(start)
    assert "Traceback" not in started
    for command in re.findall(r"`(apt-get install [^`]+)`", begin_of_readme()):
        machine.run(f"DEBIAN_FRONTEND=noninteractive {command} -y -q", user="root")
    machine.run(test, PYTEST_ADDOPTS=os.environ.get("FRESH_TESTS", ""))
    machine.run("./startup.sh status")
    machine.run("./startup.sh down")
    assert machine.processes() == []


@pytest.mark.parametrize("user", ["root", "newcomer"])
def test_the_readmes_two_commands_work_on_a_fresh_debian(user: str) -> None:
    try:
        with fresh_machine(user) as machine:
            walk_through(machine)
    except CannotRunError as error:
        pytest.fail(f"NOT run: {error}", pytrace=False)
