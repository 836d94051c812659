"""Faults and what is recorded meanwhile. Each scenario records chunks in its world; the checker judges afterwards."""

from collections.abc import Callable, Mapping
from typing import Final

from tests.failure import kafka_scenarios, order_scenarios, service_scenarios, source_scenarios, task_scenarios
from tests.failure.world import World

Scenario = Callable[[World], None]

SCENARIOS: Final[Mapping[str, Scenario]] = {
    scenario.__name__: scenario
    for kind in (task_scenarios, kafka_scenarios, order_scenarios, source_scenarios, service_scenarios)
    for scenario in kind.SCENARIOS
}
SELECTED: Final = ("spark_driver_is_killed", "records_are_gone_before_the_load", "old_load_comes_after_a_new_one")
"""Those that `make test` plays, with the first seed: a kill between write and commit, a loss in Kafka, a late zombie."""
