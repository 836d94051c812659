import shutil
from collections.abc import Callable, Iterator

import psutil
import pytest

from tests.background import Background

SHELL = shutil.which("sh") or "sh"
Run = Callable[[str], Background]


@pytest.fixture
def run() -> Iterator[Run]:
    """Runs a line of shell in the background; nothing of it is left afterwards."""
    running: list[Background] = []

    def start(line: str) -> Background:
        running.append(Background([SHELL, "-c", line]))
        return running[-1]

    yield start
    for one in running:
        one.close()


def test_exit_code_and_both_outputs_are_kept(run: Run) -> None:
    done = run("echo fine; echo bad >&2; exit 3").wait(timeout_s=10)
    assert (done.returncode, done.stdout, done.stderr) == (3, "fine\n", "bad\n")


def test_a_command_that_takes_too_long_is_stopped_and_its_output_shown(run: Run) -> None:
    done = run("echo began; exec sleep 600").wait(timeout_s=0.5)
    assert (done.returncode, done.stdout) == (-15, "began\n")


def test_stopping_ends_what_the_command_has_started_too(run: Run) -> None:
    command = run("sleep 600 & echo $!; wait")
    child = int(command.wait(timeout_s=0.5).stdout)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_stopping_what_has_ended_does_nothing(run: Run) -> None:
    command = run("exit 0")
    assert command.wait(timeout_s=10).returncode == 0
    command.stop()
    assert command.wait(timeout_s=10).returncode == 0
