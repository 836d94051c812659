"""A running stack to do harm to: its services' processes, its stand-in, its topics, and chunks of a scenario's own."""

import random
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any, Final

import psutil

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from stack.environment import barograph_environment
from stack.health import find_problem
from stack.logins import settings_as
from stack.settings import StackSettings
from stack.side_stack import SideStack
from stack.simulator_control import SimulatorControl
from stack.supervision import Supervisor
from tests.failure.checker import Verdict, check
from tests.failure.driver import Driver
from tests.failure.last_lines import is_clear
from tests.failure.tasks import SOURCE, connection

FIRST_DAY: Final = date(2021, 3, 1)
HEALTHY_S: Final = 240
_places = count()


def new_place() -> Location:
    """A place that no other scenario has, also of an earlier session on the same stack."""
    return Location(f"{30 + next(_places) / 100:g}", f"{time.time_ns() // 1_000_000 % 100_000 / 1000:g}")


@dataclass(frozen=True, slots=True)
class Row:
    """What a scenario came to."""

    scenario: str
    seed: int
    faults: str
    verdict: Verdict
    tried: int
    cleared: int
    recover_s: float


@dataclass
class World:
    """One scenario in a running stack. `rng` decides when things happen; `faults` tells what was done.

    `chunks` are expected to be committed, those of them in `filled` cell by cell: see `check`.
    """

    side: SideStack
    seed: int
    environment: Mapping[str, str]
    driver: Driver
    rng: random.Random
    chunks: list[Chunk] = field(default_factory=list)
    filled: list[Chunk] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    timers: list[threading.Timer] = field(default_factory=list)
    others: list[Driver] = field(default_factory=list)
    last_fault_at: float = field(default_factory=time.monotonic)
    location: Location = field(default_factory=new_place)

    @property
    def settings(self) -> StackSettings:
        """The stack's."""
        return self.side.settings

    @property
    def drivers(self) -> list[Driver]:
        """All that record here."""
        return [self.driver, *self.others]

    def chunk(self, variables: Sequence[str] = ("temperature_2m", "rain"), days: int = 3, later: int = 0) -> Chunk:
        """A chunk at the scenario's own place, `later` days after `FIRST_DAY`."""
        start = FIRST_DAY + timedelta(days=later)
        return Chunk(SOURCE, "hourly", (self.location,), tuple(variables), Window(start, start + timedelta(days=days)))

    def record(self, chunk: Chunk, driver: Driver | None = None) -> list[str]:
        """Bring `chunk` into the tables; the checker expects it from now on."""
        return (driver or self.driver).record(self.remember(chunk))

    def remember(self, chunk: Chunk) -> Chunk:
        """`chunk`, which the checker expects from now on."""
        self.chunks.append(chunk)
        return chunk

    def struck(self, what: str) -> None:
        """A fault has been made now."""
        self.faults.append(what)
        self.last_fault_at = time.monotonic()

    def order(self, *rules: Mapping[str, Any], revisions: Sequence[Mapping[str, Any]] = ()) -> None:
        """Orders for the stand-in: rules for this scenario's place alone."""
        mine = [{"match": f"latitude={self.location.latitude}&", **rule} for rule in rules]
        SimulatorControl(self.settings).order(rules=mine, revisions=list(revisions))

    def service(self, name: str) -> psutil.Process:
        """The process of a service."""
        return psutil.Process(Supervisor(self.settings).states()[name][1])

    def later(self, seconds: float, what: str, harm: Callable[[], object]) -> threading.Timer:
        """Do `harm` in `seconds`, at the side."""

        def strike() -> None:
            self.faults.append(f"{what}@{seconds:.1f}s")
            harm()
            self.last_fault_at = time.monotonic()

        timer = threading.Timer(seconds, strike)
        timer.daemon = True
        timer.start()
        self.timers.append(timer)
        return timer

    def await_healthy(self, *names: str) -> None:
        """Wait until the services answer again."""
        until = time.monotonic() + HEALTHY_S
        while problems := [problem for name in names if (problem := find_problem(self.settings, name))]:
            assert time.monotonic() < until, problems
            time.sleep(0.5)

    def forget(self) -> None:
        """Let the stand-in answer rightly again, as it did at first."""
        SimulatorControl(self.settings).forget()

    def answers(self) -> dict[str, Any]:
        """What the stand-in answered, to whom (GET /control)."""
        return SimulatorControl(self.settings).told()

    def verdict(self) -> Verdict:
        """The checker's, the audit's, and whether every red task said what to do."""
        loaded = [one for driver in self.drivers for one in driver.loaded]
        with self.side.cassandra() as session:
            verdict = check(session, self.settings, self.answers(), self.chunks, loaded, self.filled)
        status, line = self.driver.audit(self.location.location_id)
        if status != "done":
            verdict.find("wrong", f"the audit is red: {line}")
        for line in {line for driver in self.drivers for line in driver.last_lines if not is_clear(line)}:
            verdict.find("unclear", line)
        return verdict


def make_environment(side: SideStack) -> dict[str, str]:
    """What the tasks' processes find in their environment."""
    settings = side.settings
    jars = ",".join(str(jar) for jar in sorted((settings.jars_dir / "spark").glob("*.jar")))
    return barograph_environment(settings) | {
        "OPEN_METEO_MODE": "standin",
        "AIRFLOW_HOME": str(side.folder / "faults-airflow"),
        "AIRFLOW_CONN_KAFKA_FAULTS": connection(settings_as(side.own_settings, "producer")),
        "PYSPARK_SUBMIT_ARGS": f"--master local[2] --driver-memory 700m --jars {jars} pyspark-shell",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "FAULTS_LOG": str(side.folder / "logs/faults.log"),
    }


def play(name: str, scenario: Callable[[World], None], world: World) -> Row:
    """Let `scenario` happen and validate what is left when every fault is over."""
    try:
        scenario(world)
        recovered_at = time.monotonic()
        for timer in world.timers:
            timer.join()
        world.await_healthy("kafka", "cassandra")
        verdict = world.verdict()
    finally:
        for driver in world.drivers:
            driver.close()
        world.forget()
    recover_s = max(0.0, recovered_at - world.last_fault_at)
    tried, cleared = (sum(numbers) for numbers in zip(*((one.tried, one.cleared) for one in world.drivers), strict=True))
    return Row(name, world.seed, ", ".join(world.faults), verdict, tried, cleared, recover_s)
