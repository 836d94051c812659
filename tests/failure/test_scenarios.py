"""Every fault scenario with its seeds: nothing lost, nothing too many, nothing wrong. `make test` plays a selection."""

from collections.abc import Callable
from typing import Final

import pytest

from tests.failure.scenarios import SCENARIOS, SELECTED
from tests.failure.world import Row, World, play

pytestmark = [pytest.mark.integration, pytest.mark.spark]

SEEDS: Final = (1, 2)
SLOW: Final = {"broker_is_away", "cassandra_is_away"}
"""A minute's absence each: the first seed will do."""


def marks(name: str, seed: int) -> list[pytest.MarkDecorator]:
    """None for those that `make test` plays."""
    return [] if name in SELECTED and seed == SEEDS[0] else [pytest.mark.faults]


CASES: Final = [
    pytest.param(name, seed, marks=marks(name, seed))
    for name in SCENARIOS
    for seed in SEEDS
    if seed == SEEDS[0] or name not in SLOW
]


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_nothing_is_lost_doubled_or_wrong(
    name: str, seed: int, make_world: Callable[[int], World], keep_row: Callable[[Row], None]
) -> None:
    row = play(name, SCENARIOS[name], make_world(seed))
    keep_row(row)
    assert row.verdict.findings == []
    assert row.verdict.windows
