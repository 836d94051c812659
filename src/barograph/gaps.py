"""Gaps of the whole ledger: what fills them, and what nobody answers any more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cassandra.cluster import Session

from barograph.errors import RequestRefused
from barograph.model.attempt import Attempt, Manifest
from barograph.model.chunk import Chunk
from barograph.model.fill import plan_fill
from barograph.settings import Settings
from barograph.sources.registry import Sources
from barograph.store.ledger import Ledger
from barograph.transport.ranges import looking_at_kafka


@dataclass(frozen=True, slots=True)
class GapPlan:
    """As `Fill`, over all sources and resolutions; `refused` names the windows that cannot be asked again, and why."""

    load: list[Attempt] = field(default_factory=list)
    ask: list[Chunk] = field(default_factory=list)
    running: list[Attempt] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def find_gaps(session: Session, settings: Settings, patience: timedelta = timedelta(0)) -> GapPlan:
    """What is missing now, by the ledger and by what Kafka still holds; `patience` as in `plan_fill`.

    Raises:
        BrokerUnavailable: Kafka does not answer.
    """
    ledger = Ledger(session, settings.cassandra_keyspace)
    histories = [ledger.history(*key) for key in ledger.sources()]
    with looking_at_kafka(settings.kafka_bootstrap_servers) as why_gone:
        return plan_gaps(histories, lambda manifest: not why_gone(manifest), datetime.now(UTC), settings, patience)


def plan_gaps(
    histories: Sequence[Sequence[Attempt]],
    is_kept: Callable[[Manifest], bool],
    now: datetime,
    settings: Settings,
    patience: timedelta = timedelta(0),
) -> GapPlan:
    """What to load and what to ask again, given every history of the ledger (see `plan_fill`)."""
    plan, sources = GapPlan(), Sources(settings)
    for history in histories:
        fill = plan_fill(history, is_kept, now, patience)
        plan.load.extend(fill.load)
        plan.running.extend(fill.running)
        for chunk in fill.ask:
            _sort_by_source(chunk, now, sources, plan)
    return plan


def _sort_by_source(chunk: Chunk, now: datetime, sources: Sources, plan: GapPlan) -> None:
    try:
        served = sources.of(chunk.source).still_served(chunk, now.date())
    except RequestRefused as refused:
        plan.refused.append(f"{chunk}: {refused}")
        return
    if served.chunk:
        plan.ask.append(served.chunk)
    if served.refused:
        plan.refused.append(served.refused)
