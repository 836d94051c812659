"""A source that answers as it is told, and what an extraction needs beside it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Final, cast

from barograph.model.attempt import Attempt, Manifest
from barograph.model.chunk import Chunk
from barograph.model.generation import Generation
from barograph.model.quota import Call, Usage
from barograph.model.request import Wanted
from barograph.orchestration.extraction import Extraction
from barograph.orchestration.progress import Progress
from barograph.orchestration.unserved import Unserved
from barograph.settings import Settings
from barograph.sources.port import Cell, Series, SourceInfo, StillServed
from barograph.sources.rate_limit import RateLimiter
from barograph.sources.registry import Provider, Sources
from barograph.store.ledger import Ledger
from barograph.store.unserved import UnservedLocation

NOW: Final = datetime(2026, 11, 22, 10, tzinfo=UTC)
INFO: Final = SourceInfo("fake", ("fake",), ("fake",), {"hourly": "calendar"}, lambda resolution: {"rain": ("fake",)}, "fake")


@dataclass
class FakeSource:
    """Answers with zeros, but for `hours_left_out`, unless `trouble` has an error for a chunk; `asked` keeps the chunks."""

    trouble: Callable[[Chunk], Exception | None] = lambda chunk: None
    hours_left_out: int = 0
    asked: list[Chunk] = field(default_factory=list)
    info: SourceInfo = INFO
    busy: int = 0

    def plan(self, wanted: Wanted, today: date) -> list[Chunk]:
        """Nothing: chunks are made by the tests."""
        return []

    def split(self, chunk: Chunk) -> list[Chunk]:
        """As it is."""
        return [chunk]

    def call(self, chunk: Chunk) -> Call | None:
        """Nothing counts it."""
        return None

    def fetch(self, chunk: Chunk) -> Iterator[Series]:
        """See the class."""
        self.asked.append(chunk)
        if error := self.trouble(chunk):
            raise error
        times = chunk.window.record_times(chunk.resolution)[self.hours_left_out :]
        for location in chunk.locations:
            yield Series(location, Cell(1, 1, None), times, {name: [0.0] * len(times) for name in chunk.variables})

    def still_served(self, chunk: Chunk, today: date) -> StillServed:
        """All of it."""
        return StillServed(chunk)


@dataclass
class FakeLedger:
    """Attempts in the order they were opened."""

    attempts: list[Attempt] = field(default_factory=list)

    def open(self, chunk: Chunk, dag_run: str, task: str, generation_id: str | None = None) -> Attempt:
        """The next attempt."""
        self.attempts.append(Attempt(chunk, len(self.attempts), "OPEN", dag_run, task))
        return self.attempts[-1]

    def mark_failed(self, attempt: Attempt, message: str) -> None:
        """With its message."""
        self.attempts[attempt.version] = replace(attempt, status="FAILED", message=message)

    def mark_extracted(self, attempt: Attempt, manifest: Manifest) -> None:
        """With its manifest."""
        self.attempts[attempt.version] = replace(attempt, status="EXTRACTED", manifest=manifest)


class FakeBook:
    """Unserved locations by source."""

    def __init__(self, known: Mapping[str, Mapping[str, UnservedLocation]] | None = None) -> None:
        self.rows = {source: dict(rows) for source, rows in (known or {}).items()}

    def read(self, source: str) -> Mapping[str, UnservedLocation]:
        """Those of `source`."""
        return dict(self.rows.get(source, {}))

    def keep(self, source: str, location: UnservedLocation) -> None:
        """Remember one."""
        self.rows.setdefault(source, {})[location.location_id] = location

    def forget(self, source: str, location_ids: Iterable[str]) -> None:
        """Forget some."""
        for location_id in location_ids:
            del self.rows[source][location_id]


@dataclass
class Run:
    """An extraction of a fake source, and everything around it."""

    source: FakeSource = field(default_factory=FakeSource)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    book: FakeBook = field(default_factory=FakeBook)

    def of(self, *chunks: Chunk) -> Extraction:
        """Run it over `chunks`."""
        extraction = self.prepare(Sources(Settings(), providers=(Provider(INFO, lambda settings, secret: self.source),)))
        extraction.run(chunks, Progress(len(chunks), 0, lambda chunk: None))
        return extraction

    def prepare(self, sources: Sources) -> Extraction:
        """An extraction that asks `sources`."""
        return Extraction(
            sources,
            cast("Ledger", self.ledger),
            lambda source, cells: None,
            lambda attempt, answer: Manifest("topic", "id", {0: (0, 1)}, sum(len(series.times) for series in answer), 0),
            RateLimiter(lambda host: Usage(), lambda host, usage, at: None),
            Generation("some_dag", "manual__1", "produce_hourly_metrics", 1),
            Unserved(self.book, lambda: NOW),
        )
