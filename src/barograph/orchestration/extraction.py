"""Units one after the other: wait for the quota, ask, send, write down; a place that nobody answers for is left out."""

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cassandra.cluster import Session

from barograph.errors import BarographError, PlaceUnserved
from barograph.model.attempt import LEFT_OUT, Attempt, Manifest
from barograph.model.cells import Cells, Taken
from barograph.model.fill import unit_of
from barograph.model.unit import Unit
from barograph.model.variables import Resolution
from barograph.model.weight import weigh
from barograph.orchestration.pace import Pace
from barograph.orchestration.progress import Progress
from barograph.settings import Settings
from barograph.sources.port import Series, Source
from barograph.store.ledger import Ledger
from barograph.store.locations import record_cells
from barograph.store.rounds import Round

log = logging.getLogger(__name__)

Send = Callable[[Attempt, Sequence[Series]], Manifest]


@dataclass
class Extraction:
    """Asks for units and sends what comes; `left_out` are location ids that the source has no data for, with its words."""

    session: Session
    settings: Settings
    source: Source
    send: Send
    pace: Pace
    round: Round
    hosts: Mapping[str, str]
    attempt_ids: list[str] = field(default_factory=list)
    observations: int = 0
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def ledger(self) -> Ledger:
        """The ledger in the store."""
        return Ledger(self.session, self.settings.cassandra_keyspace)

    def run(self, units: Sequence[Unit], progress: Progress) -> None:
        """Ask for every unit in order. What was sent before an error stays sent, and stands in the ledger.

        Raises:
            SourceBusy: the quota, or the source itself, wants a pause longer than a task waits.
            RequestRefused, AnswerRefused, Transient: see `Source.fetch` and `Delivery.flush`; the attempt is FAILED.
        """
        left = deque(units)
        while left:
            unit = left.popleft()
            self.pace.wait(self.hosts[unit.source], weigh(unit))
            try:
                rows = self._extract(unit)
            except PlaceUnserved as error:
                left.extendleft(reversed(self._halves(unit, error)))
                continue
            progress.tell(unit, rows, left, self.pace)

    def _extract(self, unit: Unit) -> int:
        attempt = self.ledger.open(unit, self.round.run_id, self.round.task, self.round.round_id)
        try:
            answer = self.source.fetch(unit)
            manifest = self.send(attempt, answer)
        except BarographError as error:
            is_left_out = isinstance(error, PlaceUnserved) and len(unit.locations) == 1
            self.ledger.mark_failed(attempt, f"{LEFT_OUT if is_left_out else ''}{error}")
            raise
        self.ledger.mark_extracted(attempt, manifest)
        cells = ((one.location, one.cell.latitude, one.cell.longitude, one.cell.elevation) for one in answer)
        record_cells(self.session, self.settings.cassandra_keyspace, unit.source, cells)
        self.attempt_ids.append(attempt.attempt_id)
        self.observations += manifest.count
        return manifest.count

    def _halves(self, unit: Unit, error: PlaceUnserved) -> list[Unit]:
        """Both halves of a refused batch, to find the place it was refused for; nothing of a single place, which is left out."""
        places = unit.locations
        if len(places) == 1:
            self.left_out[places[0].location_id] = str(error)
            log.warning("%s is left out of %s: %s", places[0].location_id, unit, error)
            return []
        middle = len(places) // 2
        log.info("%s: one of its places has no data: looking for it in halves", unit)
        return [replace(unit, locations=half) for half in (places[:middle], places[middle:])]


def find_unsent(units: Sequence[Unit], sent: Sequence[Attempt]) -> list[Unit]:
    """What of `units` none of the attempts `sent` asked for, in order; a unit that is wholly unsent stays as it is."""
    taken = defaultdict[tuple[str, Resolution], Taken](Taken)
    for attempt in sent:
        taken[attempt.unit.source, attempt.unit.resolution].add([Cells.of(attempt.unit)])
    return [unit_of(left, unit) for unit in units for left in taken[unit.source, unit.resolution].leaves(Cells.of(unit))]
