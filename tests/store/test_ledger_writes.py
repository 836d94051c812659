from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import cast

import pytest
from cassandra.cluster import Session

from barograph.model.attempt import Attempt, Manifest, Outcome
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.store.ledger import Ledger
from barograph.store.location_lists import LocationLists
from barograph.store.queries import Queries
from barograph.store.version_clock import VersionClock
from tests.store.cassandra_fake import Rows, rows

CHUNK = Chunk("open-meteo/archive", "hourly", (Location("1", "2"),), ("rain",), Window(date(2024, 4, 1), date(2024, 4, 2)))
ATTEMPT = Attempt(CHUNK, 7, "OPEN", "manual__1", "produce_hourly_metrics")
LAST_WRITE_US = 1000
NONE = Outcome(0, 0, 24)


@dataclass
class OneRow:
    """A ledger with the row of one attempt; keeps the write timestamps of its updates."""

    written_at_us: int | None
    status: str = "OPEN"
    updates: list[int] = field(default_factory=list)

    def prepare(self, statement: str) -> str:
        """The statement is its own preparation."""
        return statement

    def execute(self, statement: str, parameters: tuple[object, ...]) -> Rows:
        """Answer when the row was last written, or write it."""
        if statement.startswith("SELECT"):
            return rows({"value": self.status, "written_at_us": self.written_at_us})
        assert "USING TIMESTAMP ? SET" in statement
        self.updates.append(int(str(parameters[0])))
        self.written_at_us = self.updates[-1]
        return rows()


def ledger(row: OneRow, now_us: int) -> Ledger:
    """The ledger by a clock that stands at `now_us`."""
    queries = Queries(cast("Session", row), "analytics")
    return Ledger(queries, LocationLists(queries), VersionClock(queries, lambda: now_us))


@pytest.mark.parametrize(
    ("now_us", "written_at_us"), [(LAST_WRITE_US - 500, 1001), (LAST_WRITE_US, 1001), (LAST_WRITE_US + 1, 1001), (5000, 5000)]
)
def test_a_row_is_never_written_before_its_last_write(now_us: int, written_at_us: int) -> None:
    row = OneRow(LAST_WRITE_US)
    ledger(row, now_us).mark_failed(ATTEMPT, "late")
    assert row.updates == [written_at_us]


def test_with_the_clock_standing_still_each_write_is_later_than_the_one_before() -> None:
    row = OneRow(LAST_WRITE_US)
    ledger(row, 0).mark_extracted(ATTEMPT, Manifest("hourlymetrics", "id", {}, 0, 0))
    ledger(row, 0).mark_failed(ATTEMPT, "red")
    assert row.updates == [1001, 1002]


@pytest.mark.parametrize("late", [lambda one: one.mark_failed(ATTEMPT, "late"), lambda one: one.mark_committed(ATTEMPT, NONE)])
def test_who_comes_late_changes_nothing_of_a_committed_attempt(late: Callable[[Ledger], None]) -> None:
    row = OneRow(LAST_WRITE_US, status="COMMITTED")
    late(ledger(row, 5000))
    assert row.updates == []


def test_a_commit_beats_a_failure_that_was_decided_before_it_was_seen() -> None:
    row = OneRow(LAST_WRITE_US)
    ledger(row, 5000).mark_committed(ATTEMPT, NONE)
    row.status, row.written_at_us = "EXTRACTED", LAST_WRITE_US  # what the other one has read, by a clock that is ahead
    ledger(row, 5000 + 59 * 60 * 1_000_000).mark_failed(ATTEMPT, "late")
    committed, failed = row.updates
    assert committed > failed


def test_the_first_write_of_a_row_is_by_the_clock() -> None:
    row = OneRow(None)
    ledger(row, 42).mark_failed(ATTEMPT, "red")
    assert row.updates == [42]
