"""Runs without Airflow: opens attempts, produces and loads as the tasks do, with tries and new attempts as Airflow would."""

import multiprocessing
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final
from uuid import uuid4

import psutil

from barograph.model.chunk import Chunk
from tests.failure import tasks

TRIES: Final = 4
"""As the DAGs: three retries."""
RETRY_DELAY_S: Final = 2
MAX_CLEARED: Final = 3
TASK_TIMEOUT_S: Final = 300
PROCESSES: Final = multiprocessing.get_context("forkserver")


@dataclass
class Task:
    """A process that runs one task, and the pipe it speaks through."""

    process: BaseProcess
    pipe: Connection
    is_idle: bool = False

    def wait(self, timeout_s: float = TASK_TIMEOUT_S) -> tasks.Told:
        """What it says in the end; a process that dies or hangs without a word has failed."""
        try:
            if self.pipe.poll(timeout_s):
                told: tasks.Told = self.pipe.recv()
                return told
        except (EOFError, ConnectionResetError):
            return "failed", "the process died"
        self.kill()
        return "failed", f"execution_timeout of {timeout_s:.0f} s"

    def kill(self) -> None:
        """End it by kill -9, with what it has started (the JVM)."""
        if not self.process.is_alive():
            return
        with suppress(psutil.NoSuchProcess):  # it may end by itself at any moment
            itself = psutil.Process(self.process.pid)
            for one in [itself, *itself.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
        self.process.join(30)

    def freeze(self) -> None:
        """SIGSTOP, with what it has started."""
        for one in self._tree():
            one.suspend()

    def thaw(self) -> None:
        """SIGCONT."""
        for one in self._tree():
            one.resume()

    def _tree(self) -> list[psutil.Process]:
        itself = psutil.Process(self.process.pid)
        return [itself, *itself.children(recursive=True)]


@dataclass
class Driver:
    """Brings chunks into the tables, whatever happens to its processes.

    `clock_ahead_us`: a fault of this machine's clock. `retry_delay_s` doubles from try to try, as the DAGs' does. `spare` are
    idle load processes to begin with and to leave behind; None = its load process ends with it.
    """

    environment: Mapping[str, str]
    clock_ahead_us: int = 0
    retry_delay_s: float = RETRY_DELAY_S
    producing: Task | None = None
    loading: Task | None = None
    spare: list[Task] | None = None
    tried: int = 0
    cleared: int = 0
    loaded: list[str] = field(default_factory=list)
    last_lines: list[str] = field(default_factory=list)

    def record(self, chunk: Chunk) -> list[str]:
        """Produce and load until `chunk` is committed; its attempts. A load that says so has its produce task cleared."""
        for _ in range(1 + MAX_CLEARED):
            attempt_ids = self.produce(chunk)
            if self.load(attempt_ids):
                return attempt_ids
            self.cleared += 1
        raise AssertionError(f"{chunk} is not committed after {MAX_CLEARED} clearings: {self.last_lines[-8:]}")

    def produce(self, chunk: Chunk) -> list[str]:
        """The attempts of the first try that succeeds."""
        run_id = f"faults {uuid4()}"
        for number in range(TRIES):
            status, told = self.start_producing(chunk, run_id, number + 1).wait()
            self.producing = None
            if status == "done":
                return list(told)
            self._failed(status, told, number)
        raise AssertionError(f"{chunk} was not produced in {TRIES} tries: {self.last_lines[-TRIES:]}")

    def start_producing(self, chunk: Chunk, run_id: str = "faults", number: int = 1) -> Task:
        """The `number`-th try of a run's produce task."""
        self.tried += 1
        self.producing = _start(tasks.produce, self.environment, chunk, run_id, number, self.clock_ahead_us)
        return self.producing

    def load(self, attempt_ids: list[str]) -> bool:
        """Whether they landed; False = the last line says to clear the produce task."""
        for number in range(TRIES):
            self.tried += 1
            status, told = self.ask_loader(attempt_ids)
            if status == "done":
                self.loaded += attempt_ids
                return True
            if tasks.IN_SPARK in str(told):
                self.kill_loading()  # as spark-submit ends: the next try has a session of its own
            self._failed(status, told, number)
            if "clear the produce task" in str(told).lower():
                return False
        raise AssertionError(f"{attempt_ids} were not loaded in {TRIES} tries: {self.last_lines[-TRIES:]}")

    def audit(self, location_id: str) -> tasks.Told:
        """What the audit says of that place; a process that dies is started again."""
        for number in range(TRIES):
            status, told = self.ask_loader(location_id)
            if status == "done" or tasks.IS_RED in str(told):
                break
            time.sleep(self.retry_delay_s * 2**number)
        return status, told

    def ask_loader(self, order: tasks.Order) -> tasks.Told:
        """What the load process answers to `order`."""
        task = self.warm_up()
        task.is_idle = False
        try:
            task.pipe.send(order)
            status, told = task.wait()
        except BrokenPipeError:
            status, told = "failed", "the process died"
        if told == "the process died":
            task.kill()
        task.is_idle = task.process.is_alive()
        return status, told

    def warm_up(self) -> Task:
        """The process that loads, with its Spark session."""
        while self.loading is None or not self.loading.process.is_alive():
            if self.spare:
                self.loading = self.spare.pop()
                continue
            self.loading = _start(tasks.load_forever, self.environment)
            self.loading.wait()
            self.loading.is_idle = True
        return self.loading

    def kill_producing(self) -> None:
        """End the produce process that runs now, if one does."""
        if self.producing:
            self.producing.kill()

    def kill_loading(self) -> None:
        """End the load process, if there is one."""
        if self.loading:
            self.loading.kill()

    def close(self) -> None:
        """End the processes, but for a load process that the next driver can take."""
        self.kill_producing()
        if self.loading and self.loading.is_idle and self.spare is not None:
            self.spare.append(self.loading)
        else:
            self.kill_loading()
        self.loading = None

    def _failed(self, status: str, told: object, number: int) -> None:
        self.last_lines.append(str(told))
        if status == "refused":
            raise AssertionError(f"refused for good: {told}")
        time.sleep(self.retry_delay_s * 2**number)


def _start(target: Any, *arguments: object) -> Task:  # noqa: ANN401  # any of the tasks
    mine, its = PROCESSES.Pipe()
    process = PROCESSES.Process(target=target, args=(its, *arguments), daemon=True)
    process.start()
    its.close()
    return Task(process, mine)
