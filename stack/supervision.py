"""supervisord: its configuration, its start, and its control through a unix socket only this user can open."""

import hashlib
import os
import resource
import subprocess
import time
import xmlrpc.client  # nosec B411
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from supervisor.xmlrpc import SupervisorTransport

from stack.environment import mark_environment
from stack.errors import StackError
from stack.programs import AIRFLOW, PYTHON, SERVICES, STANDIN, Program
from stack.settings import REPOSITORY, StackSettings, env_path
from stack.templates import fill_template, write_file

_LONGEST_SOCKET_PATH: Final = 90
"""The kernel takes 107 bytes; supervisord first binds a name that is a pid longer."""

SHORT_PATHS: Final = Path("/tmp")  # noqa: S108  # where everyone who controls the stack looks, whatever their TMPDIR says

_START_S: Final = 10


class Supervisor:
    """The supervisord of one stack."""

    def __init__(self, settings: StackSettings) -> None:
        self._settings = settings
        self.socket = socket_path(settings.state_dir)
        self.configuration = settings.state_dir / "supervisord.conf"

    def states(self) -> dict[str, tuple[str, int]]:
        """State name and pid of every program; empty when supervisord does not run."""
        try:
            answer = self._call("getAllProcessInfo")
        except (OSError, HTTPException):
            return {}
        return {info["name"]: (info["statename"], info["pid"]) for info in answer}

    def begin(self) -> None:
        """Start supervisord with no program running yet.

        Raises:
            StackError: it does not answer.
        """
        write_file(self.configuration, render_configuration(self._settings))
        (self._settings.state_dir / "logs").mkdir(exist_ok=True)
        self.socket.unlink(missing_ok=True)
        environment = mark_environment({**os.environ, "ENV_FILE": str(env_path())}, self._settings)
        command = [PYTHON, "-m", "supervisor.supervisord", "-c", str(self.configuration)]
        done = subprocess.run(command, env=environment, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise StackError(f"supervisord did not start: {done.stderr.strip()}")
        until = time.monotonic() + _START_S
        while not self.states():
            if time.monotonic() > until:
                raise StackError(f"supervisord did not start: see {self._settings.state_dir}/logs/supervisord.log")
            time.sleep(0.05)

    def start(self, name: str) -> None:
        """Ask for the start of a program, unless it already runs."""
        if self.states()[name][0] not in {"STARTING", "RUNNING"}:
            self._call("startProcess", name, False)

    def stop(self, names: list[str]) -> None:
        """Stop programs together and wait until they are gone."""
        running = {"STARTING", "RUNNING", "BACKOFF", "STOPPING"}
        for name in [name for name in names if self.states().get(name, ("", 0))[0] in running - {"STOPPING"}]:
            self._call("stopProcess", name, False)
        while any(state in running for name, (state, _) in self.states().items() if name in names):
            time.sleep(0.1)

    def end(self) -> None:
        """Stop supervisord and wait until it is gone."""
        self._call("shutdown")
        while self.states():
            time.sleep(0.1)

    def _call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 (what XML-RPC carries)
        transport = SupervisorTransport(None, None, f"unix://{self.socket}")
        with xmlrpc.client.ServerProxy("http://localhost", transport=transport) as server:
            return getattr(server.supervisor, method)(*arguments)


def socket_path(state_dir: Path) -> Path:
    """Where supervisord listens: in the state folder, or in a folder of this user's when that path is too long.

    Raises:
        StackError: the other folder belongs to someone else.
    """
    path = state_dir / "supervisor.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(state_dir)).hexdigest()[:12]
    folder = SHORT_PATHS / f"barograph-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.is_symlink():
        raise StackError(f"{folder} is not yours, and STATE_DIR is too long for a socket: remove it or shorten STATE_DIR")
    return folder / "supervisor.sock"


def render_configuration(settings: StackSettings) -> str:
    """The configuration of supervisord: paths, limits and a block for each program, even one not wanted now; no secret."""
    soft_or_hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    common = {
        "state": settings.state_dir,
        "logs": settings.state_dir / "logs",
        "socket": socket_path(settings.state_dir),
        "repository": REPOSITORY,
        "python": f'"{PYTHON}"',
        "file_descriptors": min(65_536, soft_or_hard) if soft_or_hard > 0 else 65_536,
        "run_as": "user=root" if os.geteuid() == 0 else "",
    }
    programs = (*SERVICES, STANDIN, *AIRFLOW)
    blocks = [fill_template("supervisord-program.conf", {**common, **_describe(p)}) for p in programs]
    return fill_template("supervisord.conf", common) + "".join(blocks)


def _describe(program: Program) -> dict[str, object]:
    return {
        "name": program.name,
        "stop_signal": program.stop_signal,
        "stop_wait_s": program.stop_wait_s,
        "stop_as_group": str(program.stop_as_group).lower(),
    }
