"""The load: check the manifests, write, read back, commit. Nothing is written before every manifest is found whole."""

import logging
import time
from collections.abc import Sequence

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame
from pyspark.storagelevel import StorageLevel

from barograph.errors import BarographError, ManifestMismatch, NothingLanded
from barograph.landing.bad_fraction import check_bad_fraction
from barograph.landing.batch import Batch, Services, make_batches
from barograph.landing.digest import digest_rows
from barograph.landing.judge import judge_records
from barograph.landing.tally import Tallies, check_manifests, tally_records
from barograph.landing.verify import verify_committed, verify_written
from barograph.landing.write import good_rows, write_batch
from barograph.model.attempt import Attempt, Manifest, Outcome
from barograph.store.schema import add_columns
from barograph.transport.topics import topic_id

log = logging.getLogger(__name__)


def load_attempts(attempt_ids: Sequence[str], services: Services) -> str:
    """Land these attempts and return the summary line. Run again, it writes the same cells, or verifies what is committed.

    Raises:
        ManifestMismatch: Kafka no longer holds an attempt's records, or not as sent; nothing was written.
        TooManyBad: more of an attempt cannot land than MAX_BAD_FRACTION allows; nothing was written.
        NothingLanded: observations were asked for, and all of them are missing or in quarantine.
        VerificationFailed: the table does not hold what was written.
    """
    started = time.monotonic()
    attempts = services.ledger.get(attempt_ids)
    outcomes = [outcome for batch in make_batches(attempts, services.ledger) for outcome in _land_or_verify(batch, services)]
    line = summary(attempts, outcomes, time.monotonic() - started)
    if not sum(outcome.landed for outcome in outcomes):
        raise NothingLanded(f"{line}: nothing landed, look at the source and at the quarantine")
    return line


def summary(attempts: Sequence[Attempt], outcomes: Sequence[Outcome], seconds: float) -> str:
    """The one line that a load ends with."""
    return (
        f"load source={','.join(sorted({attempt.unit.source for attempt in attempts}))} "
        f"resolution={','.join(sorted({attempt.unit.resolution for attempt in attempts}))} attempts={len(attempts)} "
        f"asked={sum(attempt.unit.asked for attempt in attempts)} landed={sum(outcome.landed for outcome in outcomes)} "
        f"quarantined={sum(outcome.quarantined for outcome in outcomes)} "
        f"missing={sum(outcome.missing for outcome in outcomes)} seconds={seconds:.1f}"
    )


def _land_or_verify(batch: Batch, services: Services) -> list[Outcome]:
    committed = [attempt.outcome for attempt in batch.attempts if attempt.status == "COMMITTED" and attempt.outcome]
    if committed:
        verify_committed(batch, services)
        log.info("%d attempts were committed before: verified, nothing written", len(committed))
        return committed
    try:
        return _land(batch, services)
    except BarographError as error:
        for attempt in batch.attempts:
            services.ledger.mark_failed(attempt, str(error))
        raise


def _land(batch: Batch, services: Services) -> list[Outcome]:
    manifests = batch.manifests
    _check_topics(manifests, services)
    added = add_columns(services.session, services.settings, batch.resolution, batch.variables)
    log.info("landing %d attempts of %s %s, new columns: %s", len(manifests), batch.source, batch.resolution, added or "none")
    judged = judge_records(batch, services).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        tallies = _tally(judged)
        check_manifests(manifests, tallies)
        check_bad_fraction(judged, tallies, services.settings.max_bad_fraction)
        write_batch(judged, tallies, batch, services)
        digests = digest_rows(good_rows(judged), batch.resolution, batch.variables)
        verify_written(good_rows(judged), digests, batch, services)
    finally:
        judged.unpersist()
    outcomes = []
    for attempt in batch.attempts:
        tally = tallies.ours[attempt.attempt_id]
        outcomes.append(Outcome(tally.landed, tally.quarantined, tally.missing, digests.get(attempt.attempt_id, {})))
        services.ledger.mark_committed(attempt, outcomes[-1])
    return outcomes


def _check_topics(manifests: Sequence[tuple[Attempt, Manifest]], services: Services) -> None:
    servers = services.settings.kafka_bootstrap_servers
    now = {topic: topic_id(servers, topic) for topic in {manifest.topic for _, manifest in manifests}}
    for attempt, manifest in manifests:
        if manifest.topic_id != now[manifest.topic]:
            raise ManifestMismatch(f"topic {manifest.topic} was made anew since {attempt.attempt_id}: clear the produce task")


def _tally(judged: DataFrame) -> Tallies:
    try:
        return tally_records(judged)
    except Py4JJavaError as error:
        cause = str(error.java_exception).splitlines()[0]
        raise ManifestMismatch(f"Kafka no longer holds what the manifests name ({cause}): clear the produce task") from error
