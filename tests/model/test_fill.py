from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime

from barograph.model.attempt import EXCLUDED, Attempt, Manifest, Status
from barograph.model.chunk import Chunk
from barograph.model.fill import Fill, plan_fill
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


def planned(*history: Attempt, gone: Collection[int] = ()) -> Fill:
    """The fill of a ledger, newest first; Kafka no longer holds the records of the versions `gone`."""
    return plan_fill(history, lambda sent: sent.ranges[0][0] not in gone, NOW)


def test_a_place_left_out_is_not_asked_again_and_the_rest_of_its_batch_is() -> None:
    places = (Location("1", "2"), Location("3", "4", "Atlantis"))
    batch = attempt(1, "FAILED", replace(CHUNK, locations=places))
    left_out = replace(attempt(2, "FAILED", replace(CHUNK, locations=places[1:])), message=f"{EXCLUDED}no data there")
    assert planned(left_out, batch).ask == [replace(CHUNK, locations=places[:1])]


def test_what_failed_is_asked_again_once() -> None:
    assert planned(*(attempt(version, "FAILED") for version in (3, 2, 1))) == Fill([], [CHUNK], [])


def test_what_is_committed_is_not_asked_again_whoever_failed_since_or_before() -> None:
    assert planned(attempt(3, "FAILED"), attempt(2, "COMMITTED"), attempt(1, "FAILED")) == Fill([], [], [])


def test_what_waits_in_kafka_is_loaded_and_not_asked_again() -> None:
    waiting = attempt(2, "EXTRACTED")
    assert planned(attempt(3, "FAILED"), waiting, attempt(1, "EXTRACTED")) == Fill([waiting], [], [])


def test_what_kafka_no_longer_holds_is_asked_again() -> None:
    assert planned(attempt(2, "EXTRACTED"), gone={2}) == Fill([], [CHUNK], [])


def test_a_load_that_failed_is_loaded_again_while_kafka_holds_its_records() -> None:
    failed = replace(attempt(1, "EXTRACTED"), status="FAILED")
    assert planned(failed) == Fill([failed], [], [])
    assert planned(failed, gone={1}) == Fill([], [CHUNK], [])


def test_an_attempt_whose_records_are_not_as_they_were_sent_is_asked_again() -> None:
    assert planned(replace(attempt(1, "EXTRACTED"), status="FAILED", is_unrecoverable=True)) == Fill([], [CHUNK], [])


def test_what_somebody_works_on_is_left_alone_until_it_is_stuck() -> None:
    working = attempt(2, "OPEN")
    assert planned(working, attempt(1, "FAILED")) == Fill([], [], [working])
    assert planned(replace(working, opened_at=NOW - 2 * LONGEST_TASK)) == Fill([], [CHUNK], [])


def test_what_is_young_is_left_alone_by_a_patient_fill_since_whoever_opened_it_may_try_again() -> None:
    failed, waiting = attempt(2, "FAILED"), attempt(1, "EXTRACTED", replace(CHUNK, window=april(5, 6)))
    patience = LONGEST_TASK
    assert plan_fill([failed, waiting], lambda _: True, NOW, patience) == Fill([], [], [failed, waiting])
    assert plan_fill([failed, waiting], lambda _: True, NOW + patience, patience) == Fill([waiting], [CHUNK], [])


def test_only_the_cells_that_are_missing_are_asked_again_in_the_order_they_were_asked_in() -> None:
    landed = replace(CHUNK, locations=(BERLIN,), variables=("rain",), window=april(1, 2))
    rest = planned(attempt(2, "FAILED"), attempt(1, "COMMITTED", landed)).ask
    assert rest == [
        replace(CHUNK, locations=(HAMBURG,), window=april(1, 2)),
        replace(CHUNK, locations=(BERLIN,), variables=("temperature_2m",), window=april(1, 2)),
        replace(CHUNK, window=april(3, 4)),
    ]
