from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from barograph.model.attempt import DISMISSED, EXCLUDED, Attempt, Manifest, Status
from barograph.model.cell_block import CellBlock
from barograph.model.chunk import Chunk
from barograph.model.fill import Fill, Gap, plan_fill, split_at
from barograph.model.location import Location
from barograph.model.state import LONGEST_TASK
from barograph.model.window import Window

BERLIN, HAMBURG = Location("52.5244", "13.4105"), Location("53.5507", "9.993")
NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


def april(first: int, last: int) -> Window:
    """Days of April 2024, inclusive."""
    return Window.from_days(date(2024, 4, first), date(2024, 4, last))


CHUNK = Chunk("open-meteo/archive", "hourly", (HAMBURG, BERLIN), ("temperature_2m", "rain"), april(1, 4))


def attempt(version: int, status: Status, chunk: Chunk = CHUNK) -> Attempt:
    """An attempt at `chunk`, opened just now."""
    sent = Manifest("hourlymetrics", "id", {0: (version, version + 1)}, 1, 1) if status in {"EXTRACTED", "COMMITTED"} else None
    return Attempt(chunk, version, status, "manual__1", "produce", sent, opened_at=NOW)


@dataclass
class Planned:
    """A fill, without the reasons of its gaps."""

    load: list[Attempt]
    ask: list[Chunk]
    running: list[Attempt]


def planned(*history: Attempt, gone: Collection[int] = (), now: datetime = NOW, patience: timedelta = timedelta(0)) -> Planned:
    """The fill of a ledger, newest first; Kafka no longer holds the records of the versions `gone`."""
    fill = filled(*history, gone=gone, now=now, patience=patience)
    return Planned(fill.load, [gap.chunk for gap in fill.ask], fill.running)


def filled(*history: Attempt, gone: Collection[int] = (), now: datetime = NOW, patience: timedelta = timedelta(0)) -> Fill:
    """The same with the reasons."""
    unfinished = [one for one in history if one.status != "COMMITTED"]
    covered = [CellBlock.of(one.chunk) for one in history if one.status == "COMMITTED"]
    return plan_fill(unfinished, covered, lambda sent: sent.ranges[0][0] not in gone, now, patience)


def test_a_place_left_out_is_not_asked_again_and_the_rest_of_its_batch_is() -> None:
    places = (Location("1", "2"), Location("3", "4", "Atlantis"))
    batch = attempt(1, "FAILED", replace(CHUNK, locations=places))
    left_out = replace(attempt(2, "FAILED", replace(CHUNK, locations=places[1:])), message=f"{EXCLUDED}no data there")
    assert planned(left_out, batch).ask == [replace(CHUNK, locations=places[:1])]


def test_what_failed_is_asked_again_once() -> None:
    assert planned(*(attempt(version, "FAILED") for version in (3, 2, 1))) == Planned([], [CHUNK], [])


def test_what_is_committed_is_not_asked_again_whoever_failed_since_or_before() -> None:
    assert planned(attempt(3, "FAILED"), attempt(2, "COMMITTED"), attempt(1, "FAILED")) == Planned([], [], [])


def test_what_waits_in_kafka_is_loaded_and_not_asked_again() -> None:
    waiting = attempt(2, "EXTRACTED")
    assert planned(attempt(3, "FAILED"), waiting, attempt(1, "EXTRACTED")) == Planned([waiting], [], [])


def test_what_kafka_no_longer_holds_is_asked_again() -> None:
    assert planned(attempt(2, "EXTRACTED"), gone={2}) == Planned([], [CHUNK], [])


def test_a_load_that_failed_is_loaded_again_while_kafka_holds_its_records() -> None:
    failed = replace(attempt(1, "EXTRACTED"), status="FAILED")
    assert planned(failed) == Planned([failed], [], [])
    assert planned(failed, gone={1}) == Planned([], [CHUNK], [])


def test_an_attempt_whose_records_are_not_as_they_were_sent_is_asked_again() -> None:
    assert planned(replace(attempt(1, "EXTRACTED"), status="FAILED", is_unrecoverable=True)) == Planned([], [CHUNK], [])


def test_what_somebody_works_on_is_left_alone_until_it_is_stuck() -> None:
    working = attempt(2, "OPEN")
    assert planned(working, attempt(1, "FAILED")) == Planned([], [], [working])
    assert planned(replace(working, opened_at=NOW - 2 * LONGEST_TASK)) == Planned([], [CHUNK], [])


def test_what_is_young_is_left_alone_by_a_patient_fill_since_whoever_opened_it_may_try_again() -> None:
    failed, waiting = attempt(2, "FAILED"), attempt(1, "EXTRACTED", replace(CHUNK, window=april(5, 6)))
    patience = LONGEST_TASK
    assert planned(failed, waiting, patience=patience) == Planned([], [], [failed, waiting])
    assert planned(failed, waiting, now=NOW + patience, patience=patience) == Planned([waiting], [CHUNK], [])


def test_a_fill_without_patience_acts_at_once_also_by_a_clock_that_is_behind() -> None:
    failed = replace(attempt(1, "FAILED"), opened_at=NOW + timedelta(minutes=1))
    assert planned(failed) == Planned([], [CHUNK], [])


def test_only_the_cells_that_are_missing_are_asked_again_in_the_order_they_were_asked_in() -> None:
    landed = replace(CHUNK, locations=(BERLIN,), variables=("rain",), window=april(1, 2))
    rest = planned(attempt(2, "FAILED"), attempt(1, "COMMITTED", landed)).ask
    assert rest == [
        replace(CHUNK, locations=(HAMBURG,), window=april(1, 2)),
        replace(CHUNK, locations=(BERLIN,), variables=("temperature_2m",), window=april(1, 2)),
        replace(CHUNK, window=april(3, 4)),
    ]


def test_what_was_dismissed_is_neither_asked_nor_loaded() -> None:
    gone = replace(attempt(9, "FAILED"), message=f"{DISMISSED}station closed")
    assert planned(gone, attempt(1, "FAILED")) == Planned([], [], [])
    assert planned(gone, attempt(1, "EXTRACTED")) == Planned([], [], [])


def test_who_is_open_for_too_long_is_closed_whether_its_cells_are_there_or_not() -> None:
    stuck = replace(attempt(2, "OPEN"), opened_at=NOW - 2 * LONGEST_TASK)
    found = filled(stuck, attempt(1, "COMMITTED"))
    assert (found.stuck, found.ask) == ([stuck], [])
    assert filled(stuck).stuck == [stuck]
    assert filled(attempt(2, "OPEN")).stuck == []


def test_each_gap_says_why() -> None:
    whys = [
        (replace(attempt(1, "FAILED"), message="the source was away"), "hourly/1 is FAILED: the source was away"),
        (replace(attempt(1, "OPEN"), opened_at=NOW - 2 * LONGEST_TASK), "hourly/1 was never finished"),
    ]
    for failed, why in whys:
        assert filled(failed).ask[0].why.endswith(why)
    assert filled(attempt(1, "EXTRACTED"), gone={1}).ask[0].why.endswith("hourly/1: Kafka no longer holds its records")


def test_a_gap_keeps_its_id_while_the_same_cells_are_missing() -> None:
    (one,), (again,) = filled(attempt(1, "FAILED")).ask, filled(attempt(2, "FAILED")).ask
    assert one.gap_id == again.gap_id
    assert one.gap_id != Gap(replace(CHUNK, window=april(1, 3)), "x").gap_id


@pytest.mark.parametrize(
    ("day", "before", "after"), [(1, None, (1, 4)), (3, (1, 2), (3, 4)), (5, (1, 4), None), (9, (1, 4), None)]
)
def test_a_gap_is_split_at_a_day(day: int, before: tuple[int, int] | None, after: tuple[int, int] | None) -> None:
    parts = split_at(Gap(CHUNK, "x"), date(2024, 4, day))
    assert [part and part.chunk.window for part in parts] == [april(*days) if days else None for days in (before, after)]
