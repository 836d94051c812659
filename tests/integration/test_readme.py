"""Every command of the README runs, in its order, on the test stack; `make test` itself is the only one left out."""

import re
import subprocess

import pytest

from stack.leftovers import find_leftovers
from stack.settings import REPOSITORY
from stack.side_stack import SideStack

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1000)]
EXCLUDED = "make test"
DOWN = "./startup.sh down"


def shell_commands() -> list[str]:
    """The lines of the README's sh blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (REPOSITORY / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_readme_names_the_two_commands_first_and_later_how_to_stop() -> None:
    assert shell_commands()[:2] == ["./startup.sh", EXCLUDED]
    assert DOWN in shell_commands()


@pytest.mark.parametrize("command", [command for command in shell_commands() if command != EXCLUDED])
def test_readme_command_runs(side: SideStack, command: str) -> None:
    done = subprocess.run(  # noqa: S602  # as a reader would type it
        command,
        shell=True,  # as a reader would type it
        cwd=REPOSITORY,
        env=side.environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    if command == DOWN:  # with a run under way that was triggered before
        assert find_leftovers(side.folder) == []
        assert side.run("status").returncode == 1
