from collections.abc import Sequence
from datetime import date
from typing import cast

import pytest

from barograph.model.quarantine import QuarantineId, QuarantineState, Selection
from barograph.read.quarantine import find_records
from barograph.store.quarantine import Quarantine, Quarantined


def record(offset: int, reason: str, state: QuarantineState = "open") -> Quarantined:
    return Quarantined(QuarantineId("s", "hourly", 1, "t", 0, offset), reason, None, state, None)


class FakeQuarantine:
    """Four records, whatever is selected."""

    def find(self, selection: Selection, days: Sequence[date] | None) -> list[Quarantined]:
        """All of them."""
        return [record(0, "type: x"), record(1, "foreign"), record(2, "type: y"), record(3, "type: z", "dropped")]


@pytest.mark.parametrize(
    ("state", "limit", "counts", "offsets"),
    [
        ("open", 2, {"type": 2, "foreign": 1}, [0, 1]),
        (None, 9, {"type": 3, "foreign": 1}, [0, 1, 2, 3]),
        ("dropped", 0, {"type": 1}, []),
    ],
)
def test_all_records_are_counted_by_kind_and_the_first_are_given(
    state: str | None, limit: int, counts: dict[str, int], offsets: list[int]
) -> None:
    page = find_records(cast("Quarantine", FakeQuarantine()), Selection(), None, state, limit)
    assert (list(page.counts.items()), [found.id.offset for found in page.records]) == (list(counts.items()), offsets)
    assert page.total == sum(counts.values())
