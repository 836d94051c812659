import contextlib

import psutil
import pytest

from stack.leftovers import find_leftovers
from stack.side_stack import SideStack
from stack.supervision import Supervisor
from tests.integration.weather import picture

pytestmark = pytest.mark.integration


def pids_of(side: SideStack) -> dict[str, int]:
    """Each program's pid; its state says for two seconds after a start that it is starting, and is no part of this."""
    return {name: pid for name, (_, pid) in Supervisor(side.settings).states().items()}


def test_a_load_setting_changed_in_the_env_file_restarts_the_scheduler_alone(side: SideStack) -> None:
    before = pids_of(side)
    with (side.folder / "env").open("a") as env_file:
        env_file.write("MAX_BAD_FRACTION=0.02\n")
    started = side.run("--offline")
    assert started.returncode == 0, started.stdout + started.stderr
    after = pids_of(side)
    assert {name for name in before if before[name] != after[name]} == {"airflow-scheduler"}
    scheduler = psutil.Process(after["airflow-scheduler"])
    assert scheduler.environ()["MAX_BAD_FRACTION"] == "0.02"


def test_after_kill_9_of_everything_the_next_start_recovers_with_all_data(side: SideStack) -> None:
    with side.cassandra() as session:
        before = picture(side, session)
    assert before
    processes = find_leftovers(side.folder)
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):  # ended with its parent
            process.kill()
    psutil.wait_procs(processes, timeout=30)
    started = side.run("--offline")
    assert started.returncode == 0, started.stdout + started.stderr
    with side.cassandra() as session:
        after = picture(side, session)
    assert {key: after.get(key) for key in before} == before
