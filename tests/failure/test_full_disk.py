"""Kafka's and Cassandra's disks are full while a run goes on, and grow again: nothing lost, doubled or wrong."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from barograph.model.chunk import Chunk
from stack.settings import REPOSITORY
from stack.side_services import SideServices
from tests.failure.driver import Task
from tests.failure.last_lines import is_clear
from tests.failure.side_world import SMALL, must_or_skip, spare_loaders, world_on
from tests.failure.small_disk import SmallDisk, small_disk, why_not
from tests.failure.world import Row, World, play

pytestmark = [pytest.mark.integration, pytest.mark.spark, pytest.mark.faults]

FIRST_MIB = {"kafka": 128, "cassandra": 256}
"""Enough for a start, and for what is asked before the disk is full."""


@dataclass
class Machine:
    """LoadContext whose data lie on small disks."""

    side: SideServices
    disks: dict[str, SmallDisk]
    spare: list[Task]


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """Kafka, Cassandra and the stand-in, on disks that can be filled."""
    must_or_skip(why_not(REPOSITORY))
    side = SideServices("full-disk", **SMALL)
    side.prepare()
    folders = {"kafka": side.folder / "kafka/data", "cassandra": side.folder / "cassandra"}
    with ExitStack() as on_end:
        on_end.callback(side.remove)
        disks = {name: on_end.enter_context(small_disk(folder, FIRST_MIB[name])) for name, folder in folders.items()}
        on_end.callback(side.run, "down")
        side.start()
        yield Machine(side, disks, on_end.enter_context(spare_loaders()))


def try_once(world: World, chunk: Chunk) -> str:
    """The last line of the task that went red: produce, or load when that came through; empty when both are green."""
    status, told = world.driver.start_producing(chunk).wait()
    if status == "done":
        status, told = world.driver.ask_loader(list(told))
        world.driver.kill_loading()  # as a spark-submit ends with its try
    return "" if status == "done" else str(told)


@pytest.mark.parametrize(("name", "seed"), [("kafka", 1), ("cassandra", 2)])
def test_full_disk_is_red_until_there_is_room(name: str, seed: int, machine: Machine, keep_row: Callable[[Row], None]) -> None:
    red: list[str] = []

    def scenario(world: World) -> None:
        """A run into a disk that has some KiB left; then room is made, and the same is asked again."""
        world.record(world.chunk(days=10))
        left_bytes = world.rng.randint(0, 16 * 1024)
        machine.disks[name].fill(left_bytes)
        world.faults.append(f"disk of {name} full but for {left_bytes} bytes")
        chunk = world.chunk(days=90, later=5)
        red.append(try_once(world, chunk))
        red.append(machine.side.run("status").stdout)
        machine.disks[name].grow()
        world.struck("room made")
        world.await_healthy("kafka", "cassandra")
        world.driver.retry_delay_s = 5
        world.record(chunk)

    row = play(f"disk_of_{name}_is_full", scenario, world_on(machine.side, seed, machine.spare))
    machine.disks[name].free()
    keep_row(row)
    line, status = red
    assert is_clear(line), line
    assert "disk full" in status
    assert row.verdict.findings == []
    assert row.verdict.windows == 2
