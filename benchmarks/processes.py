"""Programs run and watched: how long, how much memory at most, how much CPU, by the role of each process."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

LOOK_EVERY_S: Final = 0.2
MIB: Final = 2**20

Roles = dict[str, Sequence[psutil.Process]]


class ProgramFailed(Exception):
    """A contender ended with an error: mend what its last lines name, then run again; finished rounds are kept."""


@dataclass
class Usage:
    """Per role: the most memory (RSS) at one moment in MiB, and CPU seconds, of all its processes together."""

    peak_mib: dict[str, float] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)

    def as_figures(self) -> dict[str, float]:
        """The same under names for a measurement: `rss kafka`, `cpu kafka`."""
        memory = {f"rss {role}": round(value, 1) for role, value in self.peak_mib.items()}
        return memory | {f"cpu {role}": round(value, 2) for role, value in self.cpu_s.items()}


@contextmanager
def watching(find_roles: Callable[[], Roles]) -> Iterator[Usage]:
    """Look at the processes of `find_roles` every 0.2 s while the body runs; what lives shorter may be missed."""
    usage, is_over = Usage(), threading.Event()
    seen: dict[tuple[str, int], float] = {}
    seen_before = {one.pid: _cpu_s(one) for processes in find_roles().values() for one in processes}

    def look() -> None:
        while True:
            for role, processes in find_roles().items():
                usage.peak_mib[role] = max(usage.peak_mib.get(role, 0.0), sum(map(_rss_mib, processes)))
                for one in processes:
                    seen[role, one.pid] = max(seen.get((role, one.pid), 0.0), _cpu_s(one) - seen_before.get(one.pid, 0.0))
            if is_over.wait(LOOK_EVERY_S):
                break
        for (role, _), spent_s in seen.items():
            usage.cpu_s[role] = usage.cpu_s.get(role, 0.0) + spent_s

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield usage
    finally:
        is_over.set()
        watcher.join()


def run_watched(command: Sequence[str], environment: Mapping[str, str], services: Roles, log: Path) -> tuple[float, Usage, str]:
    """Seconds, usage and output of `command`; its own processes have the roles `java` and `python`.

    Raises:
        ProgramFailed: its exit code is not 0; holds its last lines.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log.open("w") as output, subprocess.Popen(command, env=dict(environment), stdout=output, stderr=output) as program:
        with watching(lambda: {**services, **family(program.pid)}) as usage:
            exit_code = program.wait()
        seconds = time.monotonic() - began
    said = log.read_text(encoding="utf-8", errors="replace")
    if exit_code:
        raise ProgramFailed(f"{Path(command[0]).name} ended with {exit_code}:\n" + "\n".join(said.splitlines()[-15:]))
    return seconds, usage, said


def family(pid: int) -> dict[str, list[psutil.Process]]:
    """The processes that `pid` began, itself included, by what they run."""
    roles: dict[str, list[psutil.Process]] = {}
    try:
        itself = psutil.Process(pid)
        for one in (itself, *itself.children(recursive=True)):
            name = one.name()
            role = "java" if name == "java" else "python" if name.startswith(("python", "airflow")) else ""
            if role:
                roles.setdefault(role, []).append(one)
    except psutil.NoSuchProcess:
        return roles
    return roles


def _rss_mib(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / MIB
    except psutil.NoSuchProcess:
        return 0.0


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
