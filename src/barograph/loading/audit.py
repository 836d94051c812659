"""The audit: committed attempts compared with the tables again, in the cells that no newer attempt asked for."""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from barograph.errors import Permanent
from barograph.loading.batch import Batch, LoadContext, make_batches
from barograph.loading.reconcile import drop_duplicates
from barograph.loading.validate import validate_batch
from barograph.loading.verify import compare_committed, compare_written, find_remedy
from barograph.loading.write import good_rows
from barograph.model.attempt import Attempt
from barograph.model.cell_block import Days
from barograph.model.coverage import count_expected
from barograph.model.resolution import Resolution
from barograph.model.state import derive_state
from barograph.printable import ITEM
from barograph.store.missing import read_missing
from barograph.transport.ranges import looking_at_kafka

log = logging.getLogger(__name__)
SHOWN: Final = 20
"""Lines of a kind in the log; the others are counted."""


class AuditFailed(Permanent):
    """Committed values are not in the tables any more, or nothing was compared."""


@dataclass(slots=True)
class Findings:
    """What an audit found: days are counted once per attempt; `lost` names each attempt with the days that differ.

    `compared`: by the ledger's digest of the day. `partly`: newer attempts asked for some of the day's cells, so its digest
    says nothing. `covered`: newer ones asked for all of it. `with_kafka`, `not_kept`: attempts that a deep audit compared with
    their records, or could not. `gaps`: what is missing within the horizon of a fill, each named in the log.
    """

    attempts: int = 0
    compared: int = 0
    partly: int = 0
    covered: int = 0
    with_kafka: int = 0
    not_kept: int = 0
    gaps: int = 0
    lost: list[str] = field(default_factory=list)


def audit_attempts(services: LoadContext, days: int, *, deep: bool = False, source: str | None = None) -> str:
    """Compare the attempts committed in the last `days` days with the tables; the summary line. `source`: only its attempts.

    Raises:
        AuditFailed: a day differs, or there was nothing to compare.
    """
    started, now = time.monotonic(), datetime.now(UTC)
    findings = Findings()
    for key in services.ledger.sources():
        if source in {None, key[0]}:
            audited = services.ledger.committed_since(*key, now - timedelta(days=days))
            findings.attempts += len(audited)
            _audit(audited, services, findings, deep=deep)
            report_coverage(audited, services)
            findings.gaps += report_missing(*key, services, now)
    line = (
        f"audit days={days} attempts={findings.attempts} compared={findings.compared} partly={findings.partly} "
        f"covered={findings.covered} with_kafka={findings.with_kafka} not_kept={findings.not_kept} lost={len(findings.lost)} "
        f"gaps={findings.gaps} seconds={time.monotonic() - started:.1f}"
    )
    if findings.lost:
        what = f"{line}: values were lost, trigger historic_weather_data_dag for these days to ask again"
        raise AuditFailed(ITEM.join([what, *findings.lost]))
    if not findings.compared and not findings.with_kafka:
        raise AuditFailed(f"{line}: nothing was compared, so nothing is proven: look at `barograph ledger`, or give more days")
    return line


def _audit(attempts: Sequence[Attempt], services: LoadContext, findings: Findings, *, deep: bool) -> None:
    for batch in make_batches(attempts, services.ledger):
        for attempt, found, off in compare_committed(batch, services):
            _count(found, findings)
            _note_lost(attempt, off, "its digest", findings)
            if off:
                log.warning("attempt %s: %s", attempt.attempt_id, find_remedy(attempt, services))
        if deep:
            for attempt, days in _compare_with_kafka(batch, services, findings):
                _note_lost(attempt, days, "its records in Kafka", findings)


def _count(days: Days, findings: Findings) -> None:
    findings.compared += len(days.whole)
    findings.partly += len(days.partly)
    findings.covered += len(days.covered)


def _note_lost(attempt: Attempt, days: Sequence[date], by: str, findings: Findings) -> None:
    if days:
        shown = ", ".join(str(day) for day in days[:10])
        more = f" and {len(days) - 10} more" if len(days) > 10 else ""
        findings.lost.append(f"attempt {attempt.attempt_id}: the table differs from {by} on {shown}{more}")


def _compare_with_kafka(batch: Batch, services: LoadContext, findings: Findings) -> Iterator[tuple[Attempt, list[date]]]:
    """The attempts whose records are kept, with the days on which the table differs from them in cells that are theirs."""
    topic = services.settings.topic(batch.resolution)
    with looking_at_kafka(services.settings.kafka_bootstrap_servers) as why_gone:
        gone = [one.attempt_id for one, manifest in batch.manifests if manifest.topic != topic or why_gone(manifest)]
    kept = batch.without(gone)
    findings.with_kafka += len(kept.attempts)
    findings.not_kept += len(gone)
    if kept.attempts:
        once = drop_duplicates(validate_batch(kept, services), batch.resolution)
        yield from compare_written(good_rows(once), kept, services)


def report_coverage(audited: Sequence[Attempt], services: LoadContext) -> None:
    """Log how much of what the `audited` attempts (of one source and resolution) asked for is there."""
    if audited:
        chunk = audited[0].chunk
        expected, present = count_expected(audited), services.sink.count_present(audited)
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
