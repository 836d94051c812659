import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack.environment import MARKER
from stack.leftovers import find_leftovers, stop_leftovers


@pytest.fixture
def sleepers(tmp_path: Path) -> Iterator[dict[str, "subprocess.Popen[bytes]"]]:
    """A process of this stack, one of another stack, and one of none."""
    markers = {"own": str(tmp_path), "other": str(tmp_path / "other"), "none": ""}
    started = {name: subprocess.Popen(["sleep", "60"], env={**os.environ, MARKER: mark}) for name, mark in markers.items()}
    yield started
    for process in started.values():
        process.kill()
        process.wait()


def test_only_processes_of_this_stack_are_stopped(tmp_path: Path, sleepers: dict[str, "subprocess.Popen[bytes]"]) -> None:
    assert stop_leftovers(tmp_path) == 1
    assert find_leftovers(tmp_path) == []
    assert psutil.pid_exists(sleepers["other"].pid)
    assert psutil.pid_exists(sleepers["none"].pid)


def test_the_caller_is_never_its_own_leftover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil.Process, "environ", lambda _: {MARKER: str(tmp_path)})
    monkeypatch.setattr(psutil, "process_iter", lambda: iter([psutil.Process()]))
    assert os.getpid() not in {process.pid for process in find_leftovers(tmp_path)}
