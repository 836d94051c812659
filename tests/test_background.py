import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

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


@pytest.fixture
def signal_pipe(tmp_path: Path) -> Path:
    """A named pipe: reading it waits until the command has written to it."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_command_that_takes_too_long_is_stopped_and_its_output_shown(run: Run, signal_pipe: Path) -> None:
    command = run(f"echo began; echo > {signal_pipe}; exec sleep 600")
    signal_pipe.read_text()
    done = command.wait(timeout_s=0)
    assert (done.returncode, done.stdout) == (-15, "began\n")


def test_stopping_ends_what_the_command_has_started_too(run: Run, signal_pipe: Path) -> None:
    command = run(f"sleep 600 & echo $! > {signal_pipe}; wait")
    child = psutil.Process(int(signal_pipe.read_text()))
    command.stop()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_stopping_what_has_ended_does_nothing(run: Run) -> None:
    command = run("exit 0")
    assert command.wait(timeout_s=10).returncode == 0
    command.stop()
    assert command.wait(timeout_s=10).returncode == 0
