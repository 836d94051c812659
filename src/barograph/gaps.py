"""Gaps of the whole ledger: what fills them, and what nobody answers any more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from cassandra.cluster import Session

from barograph.errors import RequestRefused
from barograph.model.attempt import Attempt, Manifest
from barograph.model.fill import plan_fill
from barograph.model.unit import Unit
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources.routing import PRODUCTS, RECENT_DAYS, find_product, source_name
from barograph.store.ledger import Ledger
from barograph.transport.ranges import looking_at_kafka


@dataclass(frozen=True, slots=True)
class GapPlan:
    """As `Fill`, over all sources and resolutions; `refused` names the windows that cannot be asked again, and why."""

    load: list[Attempt] = field(default_factory=list)
    ask: list[Unit] = field(default_factory=list)
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
    plan = GapPlan()
    for history in histories:
        fill = plan_fill(history, is_kept, now, patience)
        plan.load.extend(fill.load)
        plan.running.extend(fill.running)
        for unit in fill.ask:
            _sort_by_answer(unit, now, settings, plan)
    return plan


def _sort_by_answer(unit: Unit, now: datetime, settings: Settings, plan: GapPlan) -> None:
    try:
        product = find_product(unit.source.rpartition("/")[2])
    except RequestRefused as refused:
        plan.refused.append(f"{unit}: {refused}")
        return
    if unit.source != source_name(product, settings):
        plan.refused.append(f"{unit}: OPEN_METEO_MODE is {settings.open_meteo_mode}: its source is not asked in this mode")
        return
    kept_from = PRODUCTS[product].served_days(now.date()).start
    if unit.window.start >= kept_from:
        plan.ask.append(unit)
        return
    gone = replace(unit, window=Window(unit.window.start, min(unit.window.end, kept_from)))
    plan.refused.append(f"{gone}: the source keeps {RECENT_DAYS} days: historic_weather_data_dag asks another one for them")
    if unit.window.end > kept_from:
        plan.ask.append(replace(unit, window=Window(kept_from, unit.window.end)))
