"""Chunks one after the other: wait for the quota, ask, send, write down. What is refused is noted, and the next one is asked."""

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from barograph.errors import (
    AccessRefused,
    AnswerRefused,
    AnswerTooLarge,
    BarographError,
    LocationUnserved,
    RequestRefused,
)
from barograph.model.attempt import EXCLUDED, Attempt, Manifest
from barograph.model.cell_block import CellBlock, CoverageIndex
from barograph.model.chunk import Chunk
from barograph.model.fill import chunk_of
from barograph.model.generation import Generation
from barograph.model.resolution import Resolution
from barograph.model.window import Window
from barograph.orchestration.progress import Progress
from barograph.orchestration.unserved import Unserved
from barograph.sources.port import Series, check_series
from barograph.sources.rate_limit import RateLimiter
from barograph.sources.registry import Sources
from barograph.store.ledger import Ledger
from barograph.store.locations import CellRow

log = logging.getLogger(__name__)

Send = Callable[[Attempt, Sequence[Series]], Manifest]
KeepCells = Callable[[str, Sequence[CellRow]], None]
"""Keeps, per location, the cell that a source answered from."""

MAX_REFUSED_IN_A_ROW: Final = 10
"""So many chunks refused one after the other mean that the product or the request is broken: the others would fare no better."""


@dataclass
class Extraction:
    """Asks for chunks and sends what comes; `refused` has each refused chunk with its reason, `unasked` counts those given up."""

    sources: Sources
    ledger: Ledger
    keep_cells: KeepCells
    send: Send
    limiter: RateLimiter
    generation: Generation
    unserved: Unserved
    attempt_ids: list[str] = field(default_factory=list)
    observations: int = 0
    refused: list[str] = field(default_factory=list)
    unasked: int = 0
    _in_a_row: int = 0

    def run(self, chunks: Sequence[Chunk], progress: Progress) -> None:
        """Ask for every chunk in order. What was sent before an error stays sent, and is in the ledger.

        A chunk that is refused is noted in `refused` and the next one asked, unless none would be served: after
        `MAX_REFUSED_IN_A_ROW`, and when the source refuses us altogether.

        Raises:
            QuotaExceeded: the quota, or the source itself, wants a pause longer than a task waits.
            Transient: see `PullSource.fetch` and `Delivery.flush`; the attempt is FAILED.
        """
        left = deque(chunks)
        while left:
            chunk = self.unserved.without_found(left.popleft())
            if chunk is None:
                continue
            try:
                self._wait(chunk)
                rows = self._extract(chunk)
            except LocationUnserved as error:
                left.extendleft(reversed(self._search(chunk, error)))
            except AnswerTooLarge as error:
                left.extendleft(reversed(self._halve(chunk, error)))
            except (RequestRefused, AnswerRefused) as error:
                self._refuse(chunk, error)
            else:
                self._in_a_row = 0
                progress.tell(chunk, rows, left, self.limiter)
            if self._in_a_row >= MAX_REFUSED_IN_A_ROW:
                self.unasked = len(left)
                return

    def _wait(self, chunk: Chunk) -> None:
        call = self.sources.of(chunk.source).call(chunk)
        if call is not None:
            self.limiter.wait(call)

    def _extract(self, chunk: Chunk) -> int:
        source, run = self.sources.of(chunk.source), self.generation
        attempt = self.ledger.open(chunk, f"{run.dag_id}/{run.run_id}", run.task, run)
        try:
            answer = list(source.fetch(chunk))
            check_series(source.info, chunk, answer)
            manifest = self.send(attempt, answer)
        except BarographError as error:
            is_excluded = isinstance(error, LocationUnserved) and len(chunk.locations) == 1
            self.ledger.mark_failed(attempt, f"{EXCLUDED if is_excluded else ''}{error}")
            raise
        self.ledger.mark_extracted(attempt, manifest)
        cells = [
            (series.location, series.cell.latitude, series.cell.longitude, series.cell.elevation)
            for series in answer
            if series.cell is not None
        ]
        self.keep_cells(chunk.source, cells)
        self.unserved.served(chunk)
        self.attempt_ids.append(attempt.attempt_id)
        self.observations += manifest.count
        return manifest.count

    def _refuse(self, chunk: Chunk, error: BarographError) -> None:
        log.error("refused: %s: %s", chunk, error)
        self.refused.append(f"{chunk}: {error}")
        self._in_a_row = MAX_REFUSED_IN_A_ROW if isinstance(error, AccessRefused) else self._in_a_row + 1

    def _search(self, chunk: Chunk, error: LocationUnserved) -> list[Chunk]:
        """Both halves of a refused batch, to find the location it was refused for; a single one is left out."""
        locations = chunk.locations
        if len(locations) == 1:
            self.unserved.add(chunk.source, locations[0].location_id, str(error))
            log.warning("%s is left out of %s: %s", locations[0].location_id, chunk, error)
            return []
        log.info("%s: one of its locations has no data: looking for it in halves", chunk)
        return _halve_locations(chunk)

    def _halve(self, chunk: Chunk, error: AnswerTooLarge) -> list[Chunk]:
        """Both halves of a chunk whose answer is too large; a location's single day is refused."""
        if chunk.window.days > 1:
            middle = chunk.window.start + (chunk.window.end - chunk.window.start) // 2
            windows = (Window(chunk.window.start, middle), Window(middle, chunk.window.end))
            halves = [replace(chunk, window=window) for window in windows]
        elif len(chunk.locations) > 1:
            halves = _halve_locations(chunk)
        else:
            self._refuse(chunk, error)
            return []
        log.warning("%s: asked for in halves: %s", chunk, error)
        return halves


def _halve_locations(chunk: Chunk) -> list[Chunk]:
    middle = len(chunk.locations) // 2
    return [replace(chunk, locations=half) for half in (chunk.locations[:middle], chunk.locations[middle:])]


def find_unsent(chunks: Sequence[Chunk], sent: Sequence[Attempt]) -> list[Chunk]:
    """What of `chunks` none of the attempts `sent` asked for, in order; a chunk that is wholly unsent stays as it is."""
    taken = defaultdict[tuple[str, Resolution], CoverageIndex](CoverageIndex)
    for attempt in sent:
        taken[attempt.chunk.source, attempt.chunk.resolution].add([CellBlock.of(attempt.chunk)])
    return [
        chunk_of(left, chunk) for chunk in chunks for left in taken[chunk.source, chunk.resolution].leaves(CellBlock.of(chunk))
    ]
