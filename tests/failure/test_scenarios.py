"""Every fault scenario with its seeds: nothing lost, nothing too many, nothing wrong. `make test` plays a selection."""

from collections.abc import Callable
from typing import Final

import pytest

from tests.failure.scenarios import SCENARIOS, SELECTED
from tests.failure.world import Row, World, play

pytestmark = [pytest.mark.integration, pytest.mark.spark]

SEEDS: Final = (1, 2)
ONE_WILL_DO: Final = {
    "topic_is_made_anew_before_the_load",
    "records_are_gone_before_anybody_loads",
    "old_load_comes_after_a_new_one",
    "clock_is_set_back",
    "source_refuses_and_is_slow",
    "source_takes_values_back",
    "source_sends_values_beyond_their_bounds",
    "broker_is_away",
    "cassandra_is_away",
}
"""The seed decides nothing there that matters, or it costs a minute's absence each."""


def marks(name: str, seed: int) -> list[pytest.MarkDecorator]:
    """None for those that `make test` plays."""
    return [] if name in SELECTED and seed == SEEDS[0] else [pytest.mark.faults]


CASES: Final = [
    pytest.param(name, seed, marks=marks(name, seed))
    for name in SCENARIOS
    for seed in SEEDS
    if seed == SEEDS[0] or name not in ONE_WILL_DO
]


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_nothing_is_lost_doubled_or_wrong(
    name: str, seed: int, make_world: Callable[[int], World], keep_row: Callable[[Row], None]
) -> None:
    row = play(name, SCENARIOS[name], make_world(seed))
    keep_row(row)
    assert row.verdict.findings == []
    assert row.verdict.windows
