import contextlib

import psutil
import pytest

from stack.leftovers import find_leftovers
from stack.side_stack import SideStack
from tests.integration.weather import picture

pytestmark = pytest.mark.integration


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
