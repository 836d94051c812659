"""Starting the programs in an order that wastes no time, each up to its health check; on failure nothing stays behind."""

import subprocess
import time
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event
from typing import Final

import psutil

from barograph.printable import one_line
from stack.airflow_home import airflow_environment
from stack.cassandra_roles import are_roles_made, note_made_roles
from stack.cassandra_setup import make_roles
from stack.console import complain, say
from stack.environment import barograph_environment, client_environment, mark_environment
from stack.errors import StackError
from stack.health import find_problem
from stack.kafka_users import make_users
from stack.programs import AIRFLOW, CASSANDRA, PYTHON, SERVICES, STANDIN, Program, wanted_programs
from stack.rotation import drop_former_keys
from stack.settings import REPOSITORY, StackSettings
from stack.supervision import Supervisor

LOG_LINES: Final = 15
_LOOK_EVERY_S: Final = 0.25


class Startup:
    """One start of one stack, or of the programs and steps that `only` names; supervisord runs already.

    `settings` are those of what runs in the end: a start may have finished a rotation.
    """

    def __init__(self, settings: StackSettings, supervisor: Supervisor, only: Collection[str] | None = None) -> None:
        self.settings, self._supervisor, self._only = settings, supervisor, only
        self._is_cancelled = Event()
        wanted = [program for program in wanted_programs(settings) if self._is_meant(program.name)]
        web = {"airflow-api-server", "airflow-dag-processor"}
        self._postgres = [program for program in wanted if program is SERVICES[0]]
        self._stores = [program for program in wanted if program in SERVICES[1:]]
        self._standin = [program for program in wanted if program is STANDIN]
        self._web = [program for program in wanted if program in AIRFLOW and program.name in web]
        self._workers = [program for program in wanted if program in AIRFLOW and program.name not in web]

    def run(self) -> None:
        """Bring up what is meant, what does not depend on each other side by side.

        Raises:
            StackError: something did not come up in time; holds the end of its log.
        """
        with ThreadPoolExecutor() as pool:
            stores = [pool.submit(self.bring_up, program) for program in self._stores]
            tables = pool.submit(self._create_tables, stores)
            begun = [pool.submit(self.bring_up, program) for program in self._standin]
            begun += [*stores, tables, pool.submit(self._bring_up_airflow, tables)]
            begun += [pool.submit(self._archive_classes)] if self._only is None else []
            try:
                done, _ = wait(begun, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
            finally:
                self._is_cancelled.set()

    def bring_up(self, program: Program) -> None:
        """Prepare and start one program and wait until it is healthy.

        Raises:
            StackError: it gave up, or its deadline passed; holds the end of its log.
        """
        began = time.monotonic()
        if program.prepare:
            program.prepare(self.settings)
        if program.name == CASSANDRA.name and not are_roles_made(self.settings):
            self.make_roles(program)
        self._supervisor.start(program.name)
        is_shut = program.open_door is not None

        def find() -> str:
            nonlocal is_shut
            problem = find_problem(self.settings, program.name)
            if problem and is_shut:
                is_shut = not self._open(program)
            return problem

        self._await(program, find)
        say(f"  {program.name} is up ({time.monotonic() - began:.1f} s)")

    def make_roles(self, program: Program) -> None:
        """Start Cassandra, which was prepared, for its roles to be made; stop it, and prepare the start that follows.

        Raises:
            StackError: as `bring_up`.
        """
        say(f"  {program.name} starts for its logins to be made; no one else is let in")
        self._supervisor.start(program.name)
        self._await(program, lambda: make_roles(self.settings))
        self._supervisor.stop([program.name])
        note_made_roles(self.settings)
        if program.prepare:
            program.prepare(self.settings)

    def _await(self, program: Program, find: Callable[[], str]) -> None:
        """Wait until `find` finds no problem any more."""
        began = time.monotonic()
        while problem := find():
            if self._is_cancelled.is_set():
                raise StackError(f"{program.name}: given up, because something else failed")
            has_given_up = self._supervisor.states().get(program.name, ("GONE", 0))[0] in {"FATAL", "GONE"}
            if has_given_up or time.monotonic() - began > program.deadline_s:
                why = "does not start" if has_given_up else f"is not healthy after {program.deadline_s} s ({problem})"
                raise StackError(f"{program.name} {why}. {read_log_end(self.settings, program.name)}")
            time.sleep(_LOOK_EVERY_S)

    def _open(self, program: Program) -> bool:
        """Make the login of the health check; not before the program itself holds its ports, since a password is sent there."""
        pid = self._supervisor.states().get(program.name, ("GONE", 0))[1]
        ports = {int(getattr(self.settings, field)) for field in program.ports}
        return bool(program.open_door and ports <= listening_ports(pid) and program.open_door(self.settings))

    def _archive_classes(self) -> None:
        try:
            command, environment = [PYTHON, "-m", "stack.class_archive"], client_environment(self.settings)
            self._run_step("Java's archived classes", "class-archive", command, environment)
        except StackError as error:
            complain(f"  {error}")
            say("  Spark jobs run without them, and start slower")

    def _create_tables(self, stores: list[Future[None]]) -> None:
        for store in stores:
            store.result()
        make_users(self.settings)
        command, environment = [str(REPOSITORY / ".venv/bin/barograph"), "init"], barograph_environment(self.settings, "admin")
        self._run_step("topics and tables", "barograph-init", command, environment)

    def _bring_up_airflow(self, tables: Future[None]) -> None:
        for program in self._postgres:
            self.bring_up(program)
        if self._is_meant("airflow-setup"):
            self.set_up_airflow()
        with ThreadPoolExecutor() as pool:
            begun = [pool.submit(self.bring_up, program) for program in self._web]
            tables.result()
            begun += [pool.submit(self.bring_up, program) for program in self._workers]
            for future in begun:
                future.result()

    def set_up_airflow(self) -> None:
        """Make Airflow's database what this release expects; PostgreSQL runs. A rotation of its key is finished with it.

        Raises:
            StackError: it failed; holds the end of its log.
        """
        command, environment = [PYTHON, "-m", "stack.airflow_setup"], airflow_environment(self.settings)
        password = self.settings.airflow_admin_password.get_secret_value()
        self._run_step("Airflow's tables, login, Variables and pools", "airflow-setup", command, environment, password)
        self.settings = drop_former_keys(self.settings)

    def _is_meant(self, name: str) -> bool:
        return self._only is None or name in self._only

    def _run_step(self, what: str, log_name: str, command: list[str], environment: dict[str, str], told: str = "") -> None:
        began = time.monotonic()
        environment = mark_environment(environment, self.settings)
        with log_path(self.settings, log_name).open("w") as log:
            done = subprocess.run(
                command, env=environment, cwd=REPOSITORY, input=told, text=True, stdout=log, stderr=log, check=False
            )
        if done.returncode:
            raise StackError(f"{what} could not be made. {read_log_end(self.settings, log_name)}")
        say(f"  {what} are there ({time.monotonic() - began:.1f} s)")


def log_path(settings: StackSettings, name: str) -> Path:
    """Where the output of a program or step is kept."""
    return settings.state_dir / f"logs/{name}.log"


def listening_ports(pid: int) -> set[int]:
    """The ports that process `pid` listens on; none when there is no such process."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return set()
    return {connection.laddr.port for connection in connections if connection.status == psutil.CONN_LISTEN}


def read_log_end(settings: StackSettings, name: str) -> str:
    """The last lines of a log, and where the rest is."""
    path = log_path(settings, name)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:] if path.exists() else []
    return "\n  ".join([f"The last lines of {path}:", *(one_line(line.expandtabs()) for line in lines)])
