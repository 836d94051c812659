"""Attempts that land together, and the neighbours in the ledger whose cells they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from cassandra.cluster import Session
from pyspark.sql import SparkSession

from barograph.errors import ManifestMismatch
from barograph.model.attempt import Attempt, Manifest
from barograph.model.variables import Resolution
from barograph.settings import Settings
from barograph.store.ledger import Ledger

Overlaps = Mapping[str, Sequence[Attempt]]
"""Per attempt id, other attempts that asked for some of its cells."""


@dataclass(frozen=True, slots=True)
class Services:
    """What a load works with."""

    spark: SparkSession
    session: Session
    settings: Settings

    @property
    def ledger(self) -> Ledger:
        """The ledger in the store."""
        return Ledger(self.session, self.settings.cassandra_keyspace)


@dataclass(frozen=True, slots=True)
class Batch:
    """Attempts that share source, resolution and variables; `older` and `newer` are those overlapping each of them."""

    attempts: Sequence[Attempt]
    older: Overlaps
    newer: Overlaps

    @property
    def source(self) -> str:
        """The source all share."""
        return self.attempts[0].unit.source

    @property
    def resolution(self) -> Resolution:
        """The resolution all share."""
        return self.attempts[0].unit.resolution

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables all share."""
        return self.attempts[0].unit.variables

    @property
    def manifests(self) -> list[tuple[Attempt, Manifest]]:
        """Each attempt with what it put into Kafka.

        Raises:
            ManifestMismatch: an attempt ended before it had sent everything.
        """
        pairs = [(attempt, attempt.manifest) for attempt in self.attempts if attempt.manifest]
        if len(pairs) < len(self.attempts):
            without = next(attempt for attempt in self.attempts if not attempt.manifest)
            raise ManifestMismatch(f"attempt {without.attempt_id} is {without.status}, without manifest: clear the produce task")
        return pairs


def make_batches(attempts: Sequence[Attempt], ledger: Ledger) -> list[Batch]:
    """`attempts` grouped by source, resolution, variables and whether they are committed already, each with its neighbours."""

    def key(attempt: Attempt) -> tuple[str, str, tuple[str, ...], bool]:
        return attempt.unit.source, attempt.unit.resolution, attempt.unit.variables, attempt.status == "COMMITTED"

    return [_with_neighbours(list(group), ledger) for _, group in groupby(sorted(attempts, key=key), key=key)]


def _with_neighbours(attempts: Sequence[Attempt], ledger: Ledger) -> Batch:
    unit = attempts[0].unit
    history = [attempt for attempt in ledger.history(unit.source, unit.resolution) if attempt.can_write]
    older, newer = {}, {}
    for one in attempts:
        overlapping = [other for other in history if other.version != one.version and other.overlaps(one)]
        older[one.attempt_id] = [other for other in overlapping if other.version < one.version]
        newer[one.attempt_id] = [other for other in overlapping if other.version > one.version]
    return Batch(attempts, older, newer)
