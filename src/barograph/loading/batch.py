"""Attempts that land together, and the neighbours in the ledger whose cells they share."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from cassandra.cluster import Session
from pyspark.sql import SparkSession

from barograph.errors import ManifestMismatch
from barograph.model.attempt import Attempt, Manifest
from barograph.model.overlap import OverlapIndex
from barograph.model.resolution import Resolution
from barograph.settings import Settings
from barograph.sinks.cassandra.sink import CassandraSink
from barograph.sinks.port import Sink
from barograph.store.ledger import Ledger

AT_ONCE: Final = 20
"""Attempts of one batch: bounds what one Spark query is made of."""

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

    @property
    def sink(self) -> Sink:
        """Where rows land."""
        return CassandraSink(self.spark, self.session, self.settings)


@dataclass(frozen=True, slots=True)
class Batch:
    """Attempts that share source, resolution and variables; `older` and `newer` are those overlapping each of them."""

    attempts: Sequence[Attempt]
    older: Overlaps
    newer: Overlaps

    def without(self, attempt_ids: Collection[str]) -> "Batch":
        """The same without these attempts and what overlaps them; nothing of the others changes."""
        left = [one for one in self.attempts if one.attempt_id not in attempt_ids]
        older, newer = ({one.attempt_id: side[one.attempt_id] for one in left} for side in (self.older, self.newer))
        return Batch(left, older, newer)

    @property
    def source(self) -> str:
        """The source all share."""
        return self.attempts[0].chunk.source

    @property
    def resolution(self) -> Resolution:
        """The resolution all share."""
        return self.attempts[0].chunk.resolution

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables all share."""
        return self.attempts[0].chunk.variables

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


def make_batches(attempts: Sequence[Attempt], ledger: Ledger) -> Iterator[Batch]:
    """`attempts` by source, resolution, variables, topic and whether they are committed already, AT_ONCE at most, oldest first.

    The neighbours of a batch are those that the ledger knows when the batch is taken.
    """

    def key(attempt: Attempt) -> tuple[str, str, tuple[str, ...], str, bool]:
        """What the attempts of a batch share."""
        topic = attempt.manifest.topic if attempt.manifest else ""
        return attempt.chunk.source, attempt.chunk.resolution, attempt.chunk.variables, topic, attempt.status == "COMMITTED"

    known: dict[tuple[str, Resolution], OverlapIndex] = {}
    for _, group in groupby(sorted(attempts, key=lambda one: (key(one), one.version)), key=key):
        alike = list(group)
        source = alike[0].chunk.source, alike[0].chunk.resolution
        neighbours = known.setdefault(source, OverlapIndex())
        for first in range(0, len(alike), AT_ONCE):
            neighbours.add(one for one in ledger.history(*source, newer_than=neighbours.newest) if one.may_have_written)
            yield _with_neighbours(alike[first : first + AT_ONCE], neighbours)


def _with_neighbours(attempts: Sequence[Attempt], neighbours: OverlapIndex) -> Batch:
    older, newer = {}, {}
    for one in attempts:
        overlapping = neighbours.of(one)
        older[one.attempt_id] = [other for other in overlapping if other.version < one.version]
        newer[one.attempt_id] = [other for other in overlapping if other.version > one.version]
    return Batch(attempts, older, newer)
