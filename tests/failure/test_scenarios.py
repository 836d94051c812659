"""Every fault scenario with its seeds: nothing lost, nothing too many, nothing wrong. `make test-faults` runs all of them."""

from collections.abc import Callable

import pytest

from tests.failure.scenarios import SCENARIOS
from tests.failure.world import Row, World, play

pytestmark = [pytest.mark.integration, pytest.mark.spark]

SEEDS = (1, 2, 3)
SELECTION = {
    ("old_load_comes_after_a_new_one", 1),
    ("frozen_produce_task_wakes_after_its_successor", 1),
}
"""What `make test` runs too."""


def cases() -> list[object]:
    """Scenario and seed; those outside the selection are marked `faults`."""
    pairs = [(name, seed) for name in SCENARIOS for seed in SEEDS]
    return [pytest.param(*pair, marks=[] if pair in SELECTION else [pytest.mark.faults]) for pair in pairs]


@pytest.mark.parametrize(("name", "seed"), cases())
def test_nothing_is_lost_doubled_or_wrong(
    name: str, seed: int, make_world: Callable[[int], World], keep_row: Callable[[Row], None]
) -> None:
    row = play(name, SCENARIOS[name], make_world(seed))
    keep_row(row)
    assert row.verdict.findings == []
    assert row.verdict.windows
