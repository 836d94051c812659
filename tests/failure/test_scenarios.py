"""Every fault scenario with its seeds: nothing lost, nothing too many, nothing wrong. `make test-faults` runs all of them."""

from collections.abc import Callable

import pytest

from tests.failure.scenarios import SCENARIOS
from tests.failure.world import Row, World, play

pytestmark = [pytest.mark.integration, pytest.mark.spark, pytest.mark.faults]

SEEDS = (1, 2, 3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_lost_doubled_or_wrong(
    name: str, seed: int, make_world: Callable[[int], World], keep_row: Callable[[Row], None]
) -> None:
    row = play(name, SCENARIOS[name], make_world(seed))
    keep_row(row)
    assert row.verdict.findings == []
    assert row.verdict.windows
