"""What is in the quarantine: counted by kind of reason, and its first records."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from barograph.model.quarantine import Selection
from barograph.store.quarantine import Quarantine, Quarantined


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """How many records there are by kind of reason, most first, and the first of them, oldest attempt first."""

    counts: Mapping[str, int]
    records: Sequence[Quarantined]

    @property
    def total(self) -> int:
        """All records that were counted."""
        return sum(self.counts.values())


def find_records(
    quarantine: Quarantine, selection: Selection, days: Sequence[date] | None, state: str | None, limit: int
) -> QuarantinePage:
    """The records that `selection` means, of attempts of `days` (UTC; None: all) and in `state` (None: any).

    All are counted, and `limit` of them are given.

    Raises:
        RequestRefused: an id of the selection is not there.
    """
    chosen = [record for record in quarantine.find(selection, days) if state in (None, record.state)]
    return QuarantinePage(dict(Counter(record.kind for record in chosen).most_common()), chosen[:limit])
