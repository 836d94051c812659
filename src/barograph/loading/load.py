"""The load: check the manifests, write, read back, commit. Nothing of an attempt is written before it is known to be whole."""

import logging
import time
from collections.abc import Sequence

from cassandra import DriverException
from cassandra.cluster import NoHostAvailable
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as f
from pyspark.storagelevel import StorageLevel

from barograph.errors import BarographError, ManifestMismatch, NothingLanded, Permanent, VerificationFailed
from barograph.loading.batch import Batch, LoadContext, make_batches
from barograph.loading.java_errors import describe as describe_java
from barograph.loading.java_errors import is_of_kafka, is_refusal_of_kafka
from barograph.loading.reconcile import (
    BatchCounts,
    count_records,
    drop_duplicates,
    find_mismatches,
    find_newer,
    find_too_many_bad,
)
from barograph.loading.revisions import describe, find_revised
from barograph.loading.validate import validate_batch
from barograph.loading.verify import find_uncompared, verify_committed, verify_written
from barograph.loading.write import good_rows, settle_quarantine, write_batch
from barograph.model.attempt import Attempt, Outcome
from barograph.model.generation import Generation
from barograph.model.summary import summarise
from barograph.spark_jobs import SMALL_LOAD
from barograph.store.generations import Generations
from barograph.store.version_clock import now_us
from barograph.transport.client import BrokerUnavailable, KafkaRefused, client_config
from barograph.transport.ranges import looking_at_kafka

log = logging.getLogger(__name__)

Refused = dict[str, BarographError]
"""By attempt id, why it does not land."""


def load_attempts(attempt_ids: Sequence[str], services: LoadContext) -> str:
    """Land these attempts and return the summary line. Run again, it writes the same cells, or verifies what is committed.

    An attempt that is refused ends FAILED and keeps no other one out; the refusal is raised after all others have landed.

    Raises:
        SchemaDrift: a table is not what barograph made; nothing was written.
        ManifestMismatch: Kafka no longer holds an attempt's records, or not as sent; nothing of it was written.
        SchemaNewer: a newer barograph wrote the records; nothing of the attempt was written.
        TooManyBad: more of an attempt cannot land than MAX_BAD_FRACTION allows; nothing of it was written.
        NothingLanded: observations were asked for, and all of them are missing or in quarantine.
        VerificationFailed: the table does not hold what was written.
        BrokerUnavailable: Kafka does not answer; the attempts stay as they are.
        KafkaRefused: it refuses the login or the right to read; the attempts stay as they are.
    """
    started = time.monotonic()
    services.store.check_schema()
    attempts = services.ledger.get(attempt_ids)
    outcomes, refused = list[Outcome](), Refused()
    for batch in make_batches(attempts, services.ledger):
        landed, left_out = _land_or_verify(batch, services)
        outcomes += landed
        refused |= left_out
    line = summarise(attempts, outcomes, time.monotonic() - started)
    if refused:
        log.info("%s", line)
        raise _sum_up(refused)
    if not sum(outcome.landed for outcome in outcomes):
        raise NothingLanded(f"{line}: {why_nothing_landed(outcomes)}")
    return line


def why_nothing_landed(outcomes: Sequence[Outcome]) -> str:
    """Where to look: in the quarantine only if something is there."""
    if any(outcome.quarantined for outcome in outcomes):
        return "nothing landed, the records are in quarantine: `barograph quarantine list` names what is wrong with them"
    return (
        "nothing landed, every value came as null: the source has none for these days (yet), or not for these variables. "
        "Clear the produce task later, which asks again, or ask another source"
    )


def _sum_up(refused: Refused) -> BarographError:
    """The error that the load ends with: a transient one comes first, since a new try may land the rest."""
    first = min(refused.values(), key=lambda error: isinstance(error, Permanent))
    more = f" ({len(refused)} attempts did not land: see `barograph ledger`)" if len(refused) > 1 else ""
    return type(first)(f"{first}{more}")


def _land_or_verify(batch: Batch, services: LoadContext) -> tuple[list[Outcome], Refused]:
    """The outcomes of the attempts that are committed now, and the others; those are FAILED in the ledger."""
    outcomes = [attempt.outcome for attempt in batch.attempts if attempt.status == "COMMITTED" and attempt.outcome]
    try:
        if outcomes:
            verify_committed(batch, services)
            log.info("%d attempts were committed before: verified, nothing written", len(outcomes))
            return outcomes, {}
        outcomes, refused = _land(batch, services)
    except KafkaRefused:
        raise
    except (Permanent, VerificationFailed) as error:
        outcomes, refused = [], {attempt.attempt_id: error for attempt in batch.attempts}
    for attempt in batch.attempts:
        if why := refused.get(attempt.attempt_id):
            log.warning("%s", why)
            services.ledger.mark_failed(attempt, str(why), is_unrecoverable=isinstance(why, ManifestMismatch))
    return outcomes, refused


def _land(batch: Batch, services: LoadContext) -> tuple[list[Outcome], Refused]:
    refused = _find_gone(batch, services)
    batch = batch.without(refused)
    if not batch.attempts:
        return [], refused
    began_at_us = now_us()
    added = services.sink.prepare(batch.resolution, batch.variables)
    log.info(
        "loading %d attempts of %s %s, new columns: %s", len(batch.attempts), batch.source, batch.resolution, added or "none"
    )
    read = validate_batch(batch, services).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        validated, counts = _count(read, batch, services)
        refused |= find_newer(counts)
        refused |= find_mismatches(batch.manifests, counts)
        batch, counts = batch.without(refused), counts.without(refused)
        refused |= find_too_many_bad(validated, counts, services.settings.max_bad_fraction)
        batch, counts = batch.without(refused), counts.without(refused)
        kept = validated.where(~f.col("is_ours") | ~f.col("attempt_id").isin(list(refused))) if refused else validated
        if batch.attempts:
            if any(batch.older.values()):
                log.info("%s", describe(find_revised(kept, batch, services), batch.resolution))
            write_batch(kept, counts, batch, services, began_at_us)
            return _commit(kept, counts, batch, services), refused
        return [], refused
    finally:
        read.unpersist()


def _commit(validated: DataFrame, counts: BatchCounts, batch: Batch, services: LoadContext) -> list[Outcome]:
    """Read back what was written, and commit."""
    good = good_rows(validated)
    verify_written(good, batch, services, {attempt_id: counted.row_digest for attempt_id, counted in counts.ours.items()})
    if uncompared := find_uncompared(batch):
        names = ", ".join(attempt.attempt_id for attempt in uncompared)
        log.warning("%d attempts are committed without a compared cell, newer ones hold them all: %s", len(uncompared), names)
    settle_quarantine(validated, batch, services)
    outcomes = []
    for attempt in batch.attempts:
        counted = counts.ours[attempt.attempt_id]
        outcomes.append(Outcome(counted.landed, counted.quarantined, counted.missing, counted.row_digest, counted.flagged))
        services.ledger.mark_committed(attempt, outcomes[-1])
    return outcomes


def _find_gone(batch: Batch, services: LoadContext) -> Refused:
    """The attempts whose records Kafka does not hold any more."""
    why_gone = looking_at_kafka(client_config(services.settings))
    found = {attempt.attempt_id: why_gone(manifest) for attempt, manifest in batch.manifests}
    return {
        attempt_id: ManifestMismatch(
            f"attempt {attempt_id}: Kafka no longer holds its records ({why}); nothing of it was written. "
            "`barograph fill` asks again for what is missing, or clear the produce task"
        )
        for attempt_id, why in found.items()
        if why
    }


def _count(read: DataFrame, batch: Batch, services: LoadContext) -> tuple[DataFrame, BatchCounts]:
    """The records that count, and their counts: of one that came twice, the first."""
    try:
        counts = count_records(read, batch.resolution, batch.variables)
    except Py4JJavaError as error:
        if is_refusal_of_kafka(error):
            raise KafkaRefused(
                f"Kafka refuses user {services.settings.kafka_username} ({describe_java(error)}): it needs the right to read the "
                "topic, and groups that begin with barograph (docs/operations.md)"
            ) from error
        if is_of_kafka(error):
            raise BrokerUnavailable(f"Kafka could not be read ({describe_java(error)}): look at the broker") from error
        raise
    if all(counts.found(attempt).count <= manifest.count for attempt, manifest in batch.manifests):
        return read, counts
    validated = drop_duplicates(read, batch.resolution)
    without = count_records(validated, batch.resolution, batch.variables)
    for attempt in batch.attempts:
        if twice := counts.found(attempt).count - without.found(attempt).count:
            log.warning("attempt %s: %d records came twice, those at the lowest offsets count", attempt.attempt_id, twice)
    return validated, without


def load_siblings(attempt_ids: Sequence[str], services: LoadContext) -> None:
    """Land what else waits of the run of `attempt_ids`, which have landed; what cannot land is left to its own load."""
    waiting: list[Attempt] = []
    try:
        waiting = find_waiting(services.ledger.get(attempt_ids), services.store.generations)
        if waiting:
            log.info("sibling attempts: %s", load_attempts([attempt.attempt_id for attempt in waiting], services))
    except (BarographError, Py4JJavaError, PySparkException, DriverException, NoHostAvailable) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        log.warning("%d sibling attempts are left to their own load: %s", len(waiting), why)


def find_waiting(landed: Sequence[Attempt], generations: Generations) -> list[Attempt]:
    """The EXTRACTED attempts of the other produce tasks of the runs of `landed`; none, if they are a large load."""
    ours = {Generation.from_id(attempt.generation_id) for attempt in landed if attempt.generation_id}
    siblings = {attempt.attempt_id: attempt for generation in ours for attempt in generations.read_siblings(generation)}
    waiting = sorted((one for one in siblings.values() if one.status == "EXTRACTED"), key=lambda one: one.version)
    return waiting if sum(attempt.asked for attempt in waiting) < SMALL_LOAD else []
