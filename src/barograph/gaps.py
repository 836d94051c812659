"""Gaps of every source: what fills them, and what no source answers any more."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from barograph.errors import RequestRefused
from barograph.model.attempt import Attempt
from barograph.model.fill import Gap
from barograph.settings import Settings
from barograph.sources.registry import Sources
from barograph.store.missing import Missing, read_missing
from barograph.store.store import Store
from barograph.transport.client import client_config
from barograph.transport.ranges import looking_at_kafka


@dataclass(frozen=True, slots=True)
class GapPlan:
    """As `Fill`, over all sources and resolutions; `refused` are gaps that cannot be asked for; `older` as in `Missing`."""

    load: list[Attempt] = field(default_factory=list)
    ask: list[Gap] = field(default_factory=list)
    running: list[Attempt] = field(default_factory=list)
    stuck: list[Attempt] = field(default_factory=list)
    refused: list[Gap] = field(default_factory=list)
    older: list[Gap] = field(default_factory=list)


def find_gaps(store: Store, since: date | None = None, patience: timedelta = timedelta(0)) -> GapPlan:
    """What is missing now, by the ledger and by what Kafka still holds; `since` and `patience` as in `read_missing`.

    Raises:
        BrokerUnavailable: Kafka does not answer.
        KafkaRefused: it refuses the login or the right.
    """
    now = datetime.now(UTC)
    why_gone = looking_at_kafka(client_config(store.settings))
    found = [
        read_missing(store, *key, lambda manifest: not why_gone(manifest), now, since, patience) for key in store.ledger.sources()
    ]
    return plan_gaps(found, now, store.settings)


def plan_gaps(found: Iterable[Missing], now: datetime, settings: Settings) -> GapPlan:
    """What to load and what to ask for, given what is missing of each source and resolution."""
    plan, sources = GapPlan(), Sources(settings)
    for missing in found:
        plan.load.extend(missing.fill.load)
        plan.running.extend(missing.fill.running)
        plan.stuck.extend(missing.fill.stuck)
        plan.older.extend(missing.older)
        for gap in missing.fill.ask:
            _sort_by_source(gap, now, sources, plan)
    return plan


def close_stuck(store: Store, plan: GapPlan) -> None:
    """Mark the attempts FAILED that are OPEN and that no one works on any more; one that wakes up all the same goes on."""
    for attempt in plan.stuck:
        store.ledger.mark_failed(
            attempt, "never finished: its task ended without a word, and the fill closed it; what is missing is asked again"
        )


def _sort_by_source(gap: Gap, now: datetime, sources: Sources, plan: GapPlan) -> None:
    try:
        served = sources.of(gap.chunk.source).still_served(gap.chunk, now.date())
    except RequestRefused as refused:
        plan.refused.append(replace(gap, why=str(refused)))
        return
    if served.chunk:
        plan.ask.append(replace(gap, chunk=served.chunk))
    if served.refused:
        plan.refused.append(replace(gap, chunk=served.gone or gap.chunk, why=served.refused))
