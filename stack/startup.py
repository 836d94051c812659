"""Starting the programs in an order that wastes no time, each up to its health check; on failure nothing stays behind."""

import subprocess
import time
from collections.abc import Collection
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event
from typing import Final

from barograph.printable import one_line
from stack.console import complain, say
from stack.environment import airflow_environment, barograph_environment, mark_environment
from stack.errors import StackError
from stack.health import find_problem
from stack.programs import AIRFLOW, PYTHON, SERVICES, STANDIN, Program, wanted_programs
from stack.settings import REPOSITORY, StackSettings
from stack.supervision import Supervisor

LOG_LINES: Final = 15
_LOOK_EVERY_S: Final = 0.25


class Startup:
    """One start of one stack, or of the programs and steps that `only` names; supervisord runs already."""

    def __init__(self, settings: StackSettings, supervisor: Supervisor, only: Collection[str] | None = None) -> None:
        self._settings, self._supervisor, self._only = settings, supervisor, only
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
            program.prepare(self._settings)
        self._supervisor.start(program.name)
        while problem := find_problem(self._settings, program.name):
            if self._is_cancelled.is_set():
                raise StackError(f"{program.name}: given up, because something else failed")
            has_given_up = self._supervisor.states().get(program.name, ("GONE", 0))[0] in {"FATAL", "GONE"}
            if has_given_up or time.monotonic() - began > program.deadline_s:
                why = "does not start" if has_given_up else f"is not healthy after {program.deadline_s} s ({problem})"
                raise StackError(f"{program.name} {why}. {read_log_end(self._settings, program.name)}")
            time.sleep(_LOOK_EVERY_S)
        say(f"  {program.name} is up ({time.monotonic() - began:.1f} s)")

    def _archive_classes(self) -> None:
        try:
            self._run_step("Java's archived classes", "class-archive", [PYTHON, "-m", "stack.class_archive"])
        except StackError as error:
            complain(f"  {error}")
            say("  Spark jobs run without them, and start slower")

    def _create_tables(self, stores: list[Future[None]]) -> None:
        for store in stores:
            store.result()
        self._run_step("topics and tables", "barograph-init", [str(REPOSITORY / ".venv/bin/barograph"), "init"])

    def _bring_up_airflow(self, tables: Future[None]) -> None:
        for program in self._postgres:
            self.bring_up(program)
        if self._is_meant("airflow-setup"):
            self._run_step("Airflow's tables, login, Variables and pools", "airflow-setup", [PYTHON, "-m", "stack.airflow_setup"])
        with ThreadPoolExecutor() as pool:
            begun = [pool.submit(self.bring_up, program) for program in self._web]
            tables.result()
            begun += [pool.submit(self.bring_up, program) for program in self._workers]
            for future in begun:
                future.result()

    def _is_meant(self, name: str) -> bool:
        return self._only is None or name in self._only

    def _run_step(self, what: str, log_name: str, command: list[str]) -> None:
        began = time.monotonic()
        build = airflow_environment if log_name == "airflow-setup" else barograph_environment
        environment = mark_environment(build(self._settings), self._settings)
        with log_path(self._settings, log_name).open("w") as log:
            done = subprocess.run(command, env=environment, cwd=REPOSITORY, stdout=log, stderr=log, check=False)
        if done.returncode:
            raise StackError(f"{what} could not be made. {read_log_end(self._settings, log_name)}")
        say(f"  {what} are there ({time.monotonic() - began:.1f} s)")


def log_path(settings: StackSettings, name: str) -> Path:
    """Where the output of a program or step is kept."""
    return settings.state_dir / f"logs/{name}.log"


def read_log_end(settings: StackSettings, name: str) -> str:
    """The last lines of a log, and where the rest is."""
    path = log_path(settings, name)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:] if path.exists() else []
    return "\n  ".join([f"The last lines of {path}:", *(one_line(line.expandtabs()) for line in lines)])
