"""What nobody has to do by hand: the plan of fill_gaps_dag, and its work."""

from barograph.errors import Transient
from barograph.gaps import GapPlan, find_gaps
from barograph.store.store import Store
from tests.failure.driver import TRIES
from tests.failure.world import World


def load_or_fill(world: World, attempt_ids: list[str]) -> None:
    """Load; when the load says that Kafka no longer holds the records, fill what is missing by the ledger."""
    if not world.driver.load(attempt_ids):
        assert fill(world), "the load is red and nothing is missing by the ledger"


def fill(world: World) -> int:
    """Load what waits in Kafka and ask again for what is missing at the world's place, as fill_gaps_dag; how many of both."""
    plan = _plan(world)
    assert not plan.refused, plan.refused
    for attempt in plan.load:
        if not world.driver.load([attempt.attempt_id]):
            world.driver.record(attempt.chunk)
    for gap in plan.ask:
        world.driver.record(gap.chunk)
    left = _plan(world)
    assert (left.load, left.ask) == ([], [])
    return len(plan.load) + len(plan.ask)


def _plan(world: World) -> GapPlan:
    """The plan; a service that is away now is waited for, as someone does who reads that it does not answer."""
    for _ in range(TRIES):
        try:
            return _plan_now(world)
        except Transient as error:
            world.driver.last_lines.append(str(error))
            world.await_healthy("kafka", "cassandra")
    return _plan_now(world)


def _plan_now(world: World) -> GapPlan:
    with world.side.cassandra() as session:
        plan = find_gaps(Store(session, world.settings))
    return GapPlan(
        load=[attempt for attempt in plan.load if world.location in attempt.chunk.locations],
        ask=[gap for gap in plan.ask if world.location in gap.chunk.locations],
        running=[attempt for attempt in plan.running if world.location in attempt.chunk.locations],
        refused=[gap for gap in plan.refused if world.location in gap.chunk.locations],
    )
