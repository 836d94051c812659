"""A second stack, apart from the user's, with free ports and a folder of its own: for tests, the acceptance run, benchmarks."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from cassandra.cluster import Session

from barograph.store.connection import connect
from stack.airflow_api import AirflowClient
from stack.cassandra import nodetool_command, tool_command
from stack.environment import client_environment
from stack.errors import StackError
from stack.logins import settings_as
from stack.settings import PORTS, REPOSITORY, StackSettings, setting_name
from stack.simulator_control import SimulatorControl

UP_TIMEOUT_S: Final = 900


class SideStack:
    """Starts and stops `./startup.sh` with its own ENV_FILE, STATE_DIR and ports; the jars are shared.

    Its simulator takes orders at /control. `given` are more settings by their names.
    """

    def __init__(self, name: str, **given: str) -> None:
        self.folder = REPOSITORY / f".stack-{name}"
        self._names = {setting_name(port): str(number) for port, number in _free_ports((*PORTS, "standin_port"))}
        self._names |= {"STATE_DIR": str(self.folder), "ENV_FILE": str(self.folder / "env"), "STANDIN_CONTROL": "1", **given}

    @property
    def environment(self) -> dict[str, str]:
        """The environment that `./startup.sh` is run with; a mode set for the user's stack is left behind."""
        return {name: value for name, value in os.environ.items() if name != "OPEN_METEO_MODE"} | self._names

    @property
    def settings(self) -> StackSettings:
        """Its settings, with the logins of its admin once they are made."""
        return settings_as(self.own_settings, "admin")

    @property
    def own_settings(self) -> StackSettings:
        """Its settings, as its programs see them."""
        ports = {name.lower(): value for name, value in self._names.items() if name != "ENV_FILE"}
        return StackSettings(_env_file=self._names["ENV_FILE"], **ports)  # type: ignore[arg-type, call-arg]  # text, validated; _env_file is pydantic-settings' own

    @property
    def simulator(self) -> SimulatorControl:
        """The orders of its simulator, once it runs."""
        return SimulatorControl(self.settings)

    @property
    def airflow(self) -> AirflowClient:
        """Its Airflow."""
        return AirflowClient.of_stack(self.settings)

    def run(self, *arguments: str, timeout_s: float = UP_TIMEOUT_S) -> subprocess.CompletedProcess[str]:
        """`./startup.sh ARGUMENTS`, with what it printed; the caller looks at the exit code."""
        return subprocess.run(
            ["sh", str(REPOSITORY / "startup.sh"), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def nodetool(self, *arguments: str) -> str:
        """What one of Cassandra's own commands prints.

        Raises:
            StackError: it failed; holds what it said.
        """
        return self._run_tool([*nodetool_command(self.settings), *arguments])

    def cassandra_tool(self, name: str, *arguments: str) -> str:
        """What a class of org.apache.cassandra.tools prints.

        Raises:
            StackError: it failed; holds what it said.
        """
        return self._run_tool([*tool_command(self.settings, name), *arguments])

    def _run_tool(self, command: list[str]) -> str:
        done = subprocess.run(command, env=client_environment(self.settings), capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(f"{' '.join(command[-3:])}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    @contextmanager
    def cassandra(self) -> Iterator[Session]:
        """A session with its Cassandra."""
        with connect(self.settings) as session:
            yield session

    def remove(self) -> None:
        """Stop it and delete its data."""
        if self.folder.exists():
            self.run("down")
            shutil.rmtree(self.folder)

    def prepare(self) -> None:
        """Begin with nothing."""
        self.remove()
        Path(self.folder).mkdir()


def _free_ports(names: tuple[str, ...]) -> list[tuple[str, int]]:
    """A free port of 127.0.0.1 for each name, all different."""
    with ExitStack() as held:
        sockets = [(name, held.enter_context(socket.socket())) for name in names]
        for _, one in sockets:
            one.bind(("127.0.0.1", 0))
        return [(name, one.getsockname()[1]) for name, one in sockets]
