"""What an audit tells beside losses: coverage by the calendar, gaps, the oldest window not committed, attempts that are stuck."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from barograph.loading.batch import Services
from barograph.loading.tables import count_present
from barograph.model.attempt import Attempt
from barograph.model.coverage import count_expected, find_gaps, find_oldest_pending, find_stuck
from barograph.model.state import derive_state

log = logging.getLogger(__name__)
SHOWN: Final = 20
"""Lines of a kind; what is beyond is counted."""


def report_coverage(history: Sequence[Attempt], audited: Sequence[Attempt], services: Services, now: datetime) -> None:
    """Log how the source and resolution of `history` stand; coverage is of what the `audited` attempts asked for."""
    if not history:
        return
    name = f"{history[0].chunk.source} {history[0].chunk.resolution}"
    if audited:
        expected, present = count_expected(audited), count_present(services.spark, audited, services.settings)
        log.info("%s: coverage %d of %d observations (%.2f %%)", name, present, expected, 100 * present / expected)
    gaps = find_gaps(history)
    for gap in gaps[:SHOWN]:
        first = min(location.location_id for location in gap.locations)
        log.info(
            "%s: gap %s, %d places (%s, ...): not committed, or never asked for", name, gap.window, len(gap.locations), first
        )
    if len(gaps) > SHOWN:
        log.info("%s: %d more gaps", name, len(gaps) - SHOWN)
    if oldest := find_oldest_pending(history):
        state = derive_state(oldest, history)
        log.info("%s: oldest window not committed is %s: %s is %s", name, oldest.chunk.window, oldest.attempt_id, state)
    for attempt in find_stuck(history, now):
        log.info("%s: stuck: %s is OPEN since %s: `barograph fill`", name, attempt.attempt_id, attempt.opened_at)
