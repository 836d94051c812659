"""What nobody has to do by hand: the plan of fill_gaps_dag, and its work."""

from datetime import UTC, datetime

from barograph.errors import Transient
from barograph.gaps import GapPlan, plan_gaps
from barograph.model.chunk import Chunk
from barograph.store.ledger import Ledger
from barograph.transport.ranges import looking_at_kafka
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
    for chunk in plan.ask:
        world.driver.record(chunk)
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
    def is_here(chunk: Chunk) -> bool:
        return world.location in chunk.locations

    with world.side.cassandra() as session:
        ledger = Ledger(session, world.settings.cassandra_keyspace)
        histories = [[one for one in ledger.history(*key) if is_here(one.chunk)] for key in ledger.sources()]
    with looking_at_kafka(world.settings.kafka_bootstrap_servers) as why_gone:
        return plan_gaps(histories, lambda manifest: not why_gone(manifest), datetime.now(UTC), world.settings)
