"""Processes of a stack that are no longer supervised: found by the marker in their environment, stopped by pid."""

from pathlib import Path
from typing import Final

import psutil

from stack.environment import MARKER

_PATIENCE_S: Final = 10
_ROUNDS: Final = 2
"""What a dying process has just started is found in the second pass."""


def find_leftovers(state_dir: Path) -> list[psutil.Process]:
    """Every process that carries this stack's marker, with its descendants; never this process or its ancestors."""
    own = psutil.Process()
    spared = {own.pid, *(parent.pid for parent in own.parents())}
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARKER) == str(state_dir):
                family = (process, *process.children(recursive=True))
                found |= {one.pid: one for one in family if _is_alive(one)}
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # gone, or another user's
    return [process for pid, process in found.items() if pid not in spared]


def stop_leftovers(state_dir: Path) -> int:
    """Ask them to end, kill what is left after 10 s; the number of processes stopped."""
    stopped = 0
    for _ in range(_ROUNDS):
        leftovers = find_leftovers(state_dir)
        stopped += len(leftovers)
        _signal(leftovers, "terminate")
        _, alive = psutil.wait_procs(leftovers, timeout=_PATIENCE_S)
        _signal(alive, "kill")
        psutil.wait_procs(alive, timeout=_PATIENCE_S)
    return stopped


def _is_alive(process: psutil.Process) -> bool:
    """Whether it still does something; one that only waits to be reaped by its parent does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _signal(processes: list[psutil.Process], how: str) -> None:
    for process in processes:
        try:
            getattr(process, how)()
        except psutil.NoSuchProcess:
            continue  # already ended
