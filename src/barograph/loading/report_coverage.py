"""What an audit tells besides losses: coverage by the calendar, gaps, the oldest attempt that waits, attempts that are stuck."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from barograph.loading.batch import LoadContext
from barograph.loading.tables import count_present
from barograph.model.attempt import Attempt
from barograph.model.coverage import count_expected
from barograph.model.state import derive_state
from barograph.model.variables import Resolution
from barograph.store.missing import read_missing

log = logging.getLogger(__name__)
SHOWN: Final = 20
"""Lines of a kind; what is beyond is counted."""


def report_coverage(audited: Sequence[Attempt], services: LoadContext) -> None:
    """Log how much of what the `audited` attempts (of one source and resolution) asked for is there."""
    if audited:
        chunk = audited[0].chunk
        expected, present = count_expected(audited), count_present(services.spark, audited, services.settings)
        share = 100 * present / expected
        log.info("%s %s: coverage %d of %d observations (%.2f %%)", chunk.source, chunk.resolution, present, expected, share)


def report_missing(source: str, resolution: Resolution, services: LoadContext, now: datetime) -> int:
    """Log what is missing by the ledger, each gap with its reason; returns how many gaps there are.

    Whether Kafka still holds the records of what waits is left to the fill.
    """
    missing = read_missing(services.store, source, resolution, lambda _: True, now)
    name, gaps = f"{source} {resolution}", [*missing.fill.ask, *missing.older]
    for gap in gaps[:SHOWN]:
        first = min(location.location_id for location in gap.chunk.locations)
        log.warning("%s: gap %s, %d locations (%s, ...): %s", name, gap.chunk.window, len(gap.chunk.locations), first, gap.why)
    if len(gaps) > SHOWN:
        log.warning("%s: %d more gaps: `barograph fill --dry-run`", name, len(gaps) - SHOWN)
    waiting = [*missing.fill.load, *missing.fill.running]
    if oldest := min(waiting, key=lambda attempt: (attempt.chunk.window, attempt.version), default=None):
        state = derive_state(oldest, ())
        log.info("%s: oldest window not committed is %s: %s is %s", name, oldest.chunk.window, oldest.attempt_id, state)
    for attempt in missing.fill.stuck:
        log.info("%s: stuck: %s is OPEN since %s: `barograph fill` closes it", name, attempt.attempt_id, attempt.opened_at)
    return len(gaps)
