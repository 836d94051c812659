"""Attempts that land together, and the neighbours in the ledger whose cells they share."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from pyspark.sql import SparkSession

from barograph.errors import ManifestMismatch
from barograph.model.attempt import Attempt, Manifest
from barograph.model.overlap import OverlapIndex
from barograph.model.resolution import Resolution
from barograph.settings import Settings
from barograph.sinks.cassandra.sink import CassandraSink
from barograph.sinks.port import Sink
from barograph.store.ledger import Ledger
from barograph.store.store import Store

AT_ONCE: Final = 20
"""Attempts of one batch: bounds what one Spark query is made of."""

Overlaps = Mapping[str, Sequence[Attempt]]
"""Per attempt id, other attempts that asked for some of its cells."""


@dataclass(frozen=True, slots=True)
class LoadContext:
    """What a load works with."""

    spark: SparkSession
    store: Store
    settings: Settings

    @property
    def ledger(self) -> Ledger:
        """The ledger in the store."""
        return self.store.ledger

    @property
    def sink(self) -> Sink:
        """Where rows land."""
        return CassandraSink(self.spark, self.store)


@dataclass(frozen=True, slots=True)
class Batch:
    """Attempts that share source, resolution and variables, and the others that overlap each of them.

    `older` may have left values in its cells, `newer` may have put theirs there.
    """

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

    for _, group in groupby(sorted(attempts, key=lambda one: (key(one), one.version)), key=key):
        alike = list(group)
        for first in range(0, len(alike), AT_ONCE):
            batch = alike[first : first + AT_ONCE]
            yield _with_neighbours(batch, OverlapIndex(ledger.overlapping([attempt.chunk for attempt in batch])))


def _with_neighbours(attempts: Sequence[Attempt], neighbours: OverlapIndex) -> Batch:
    older, newer = {}, {}
    for attempt in attempts:
        near = neighbours.of(attempt)
        older[attempt.attempt_id] = [other for other in near if other.version < attempt.version and other.may_have_written]
        newer[attempt.attempt_id] = [other for other in near if other.version > attempt.version and other.may_hide_older]
    return Batch(attempts, older, newer)
