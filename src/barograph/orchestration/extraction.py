"""Units one after the other: wait for the quota, ask, send, write down; a place that nobody answers for is left out."""

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from barograph.errors import BarographError, LocationUnserved
from barograph.model.attempt import EXCLUDED, Attempt, Manifest
from barograph.model.cell_block import CellBlock, CoverageIndex
from barograph.model.chunk import Chunk
from barograph.model.cost import cost_of
from barograph.model.fill import chunk_of
from barograph.model.generation import Generation
from barograph.model.variables import Resolution
from barograph.orchestration.progress import Progress
from barograph.orchestration.rate_limiter import RateLimiter
from barograph.sources.port import Series, Source
from barograph.store.store import Store

log = logging.getLogger(__name__)

Send = Callable[[Attempt, Sequence[Series]], Manifest]


@dataclass
class Extraction:
    """Asks for chunks and sends what comes; `left_out` are location ids that the source has no data for, with its words."""

    store: Store
    source: Source
    send: Send
    pace: RateLimiter
    round: Generation
    hosts: Mapping[str, str]
    attempt_ids: list[str] = field(default_factory=list)
    observations: int = 0
    left_out: dict[str, str] = field(default_factory=dict)

    def run(self, chunks: Sequence[Chunk], progress: Progress) -> None:
        """Ask for every chunk in order. What was sent before an error stays sent, and stands in the ledger.

        Raises:
            SourceBusy: the quota, or the source itself, wants a pause longer than a task waits.
            RequestRefused, AnswerRefused, Transient: see `Source.fetch` and `Delivery.flush`; the attempt is FAILED.
        """
        left = deque(chunks)
        while left:
            chunk = left.popleft()
            self.pace.wait(self.hosts[chunk.source], cost_of(chunk))
            try:
                rows = self._extract(chunk)
            except LocationUnserved as error:
                left.extendleft(reversed(self._halves(chunk, error)))
                continue
            progress.tell(chunk, rows, left, self.pace)

    def _extract(self, chunk: Chunk) -> int:
        attempt = self.store.ledger.open(chunk, self.round.run_id, self.round.task, self.round)
        try:
            answer = self.source.fetch(chunk)
            manifest = self.send(attempt, answer)
        except BarographError as error:
            is_excluded = isinstance(error, LocationUnserved) and len(chunk.locations) == 1
            self.store.ledger.mark_failed(attempt, f"{EXCLUDED if is_excluded else ''}{error}")
            raise
        self.store.ledger.mark_extracted(attempt, manifest)
        cells = ((one.location, one.cell.latitude, one.cell.longitude, one.cell.elevation) for one in answer)
        self.store.locations.record_cells(chunk.source, cells)
        self.attempt_ids.append(attempt.attempt_id)
        self.observations += manifest.count
        return manifest.count

    def _halves(self, chunk: Chunk, error: LocationUnserved) -> list[Chunk]:
        """Both halves of a refused batch, to find the place it was refused for; nothing of a single place, which is left out."""
        places = chunk.locations
        if len(places) == 1:
            self.left_out[places[0].location_id] = str(error)
            log.warning("%s is left out of %s: %s", places[0].location_id, chunk, error)
            return []
        middle = len(places) // 2
        log.info("%s: one of its places has no data: looking for it in halves", chunk)
        return [replace(chunk, locations=half) for half in (places[:middle], places[middle:])]


def find_unsent(chunks: Sequence[Chunk], sent: Sequence[Attempt]) -> list[Chunk]:
    """What of `chunks` none of the attempts `sent` asked for, in order; a chunk that is wholly unsent stays as it is."""
    taken = defaultdict[tuple[str, Resolution], CoverageIndex](CoverageIndex)
    for attempt in sent:
        taken[attempt.chunk.source, attempt.chunk.resolution].add([CellBlock.of(attempt.chunk)])
    return [
        chunk_of(left, chunk) for chunk in chunks for left in taken[chunk.source, chunk.resolution].leaves(CellBlock.of(chunk))
    ]
