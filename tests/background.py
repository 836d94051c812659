"""Commands that run while tests do: lint and the start of the test stack."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from stack.settings import REPOSITORY
from stack.side_stack import UP_TIMEOUT_S, SideStack

STOP_S: Final = 60
"""What a command gets to end by itself once it is asked to; then it is killed."""


class Background:
    """A command in a process group of its own, so that Ctrl-C reaches it only through `stop`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
        self._command = command
        self._folder = tempfile.TemporaryDirectory(prefix="barograph-background-")
        self._stdout, self._stderr = (Path(self._folder.name) / name for name in ("stdout", "stderr"))
        with self._stdout.open("wb") as printed, self._stderr.open("wb") as complained:
            self._process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=complained,
                start_new_session=True,
            )

    def wait(self, timeout_s: float) -> subprocess.CompletedProcess[str]:
        """The exit code and everything printed, once it has ended; what takes longer than `timeout_s` is stopped."""
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.stop()
        code = self._process.wait()
        return subprocess.CompletedProcess(
            self._command, code, self._stdout.read_text(errors="replace"), self._stderr.read_text(errors="replace")
        )

    def stop(self) -> None:
        """End it with everything it has started in its group; nothing is left to do where it has ended."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()

    def close(self) -> None:
        """Stop it and forget what it printed."""
        self.stop()
        self._folder.cleanup()


class StartingStack:
    """The test stack from the beginning of `./startup.sh --offline` until it is removed."""

    def __init__(self) -> None:
        self.side = SideStack("test", TZ="Asia/Kolkata")
        self.side.prepare()
        self._start = Background(["sh", str(REPOSITORY / "startup.sh"), "--offline"], self.side.environment)

    def wait(self) -> subprocess.CompletedProcess[str]:
        """Exit code and output of the start, once it has ended."""
        return self._start.wait(UP_TIMEOUT_S)

    def remove(self) -> None:
        """Stop it, even in the middle of its start, and delete its data; KEEP_TEST_STACK in the environment keeps it."""
        self._start.close()
        if "KEEP_TEST_STACK" not in os.environ:
            self.side.remove()


def start_lint() -> Background:
    """`make lint` with the tools of the Python that runs the tests."""
    return Background(["make", "--old-file=.venv/.dev", f"BIN={Path(sys.executable).parent}", "lint"])
