from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from barograph.model.attempt import Attempt, Manifest, Status
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.state import LONGEST_TASK, State, derive_state, is_stuck, newer_committed
from barograph.model.window import Window

BERLIN, HAMBURG = Location("52.5244", "13.4105"), Location("53.5507", "9.993")
APRIL = Window(date(2024, 4, 1), date(2024, 5, 1))
CHUNK = Chunk("open-meteo/dwd-icon", "hourly", (BERLIN, HAMBURG), ("rain", "temperature_2m"), APRIL)
MANIFEST = Manifest("hourlymetrics", "topic-id", {0: (5, 9)}, 4, 17)
NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


def attempt(version: int = 1, status: Status = "COMMITTED", chunk: Chunk = CHUNK) -> Attempt:
    """An attempt at `chunk`; one that got as far as Kafka has a manifest."""
    sent = MANIFEST if status in {"EXTRACTED", "COMMITTED"} else None
    return Attempt(chunk, version, status, "manual__1", "produce_hourly_metrics", sent)


HALF_LOADED = replace(attempt(status="FAILED"), manifest=MANIFEST)


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (attempt(status="OPEN"), "OPEN"),
        (attempt(status="FAILED"), "FAILED"),
        (attempt(status="COMMITTED"), "COMMITTED"),
        (attempt(status="EXTRACTED"), "REPLACING"),
        (HALF_LOADED, "REPLACING"),
    ],
)
def test_alone_it_is_what_it_says_or_replacing_once_it_may_have_written(one: Attempt, state: State) -> None:
    assert derive_state(one, [one]) == state


@pytest.mark.parametrize("one", [*(attempt(status=s) for s in ("OPEN", "EXTRACTED", "COMMITTED", "FAILED")), HALF_LOADED])
def test_a_newer_committed_attempt_at_the_same_cells_supersedes_it(one: Attempt) -> None:
    assert derive_state(one, [attempt(2), one]) == "SUPERSEDED"


def test_several_newer_attempts_supersede_it_together() -> None:
    first_days, last_days = Window(APRIL.start, date(2024, 4, 20)), Window(date(2024, 4, 18), date(2024, 6, 1))
    newer = [
        attempt(2, chunk=replace(CHUNK, locations=(BERLIN,))),
        attempt(3, chunk=replace(CHUNK, locations=(HAMBURG,), variables=("rain", "showers"))),
        attempt(4, chunk=replace(CHUNK, locations=(HAMBURG,), variables=("temperature_2m",), window=first_days)),
        attempt(5, chunk=replace(CHUNK, locations=(HAMBURG,), variables=("temperature_2m",), window=last_days)),
    ]
    assert derive_state(attempt(), newer) == "SUPERSEDED"
    for left_out in newer:
        assert derive_state(attempt(), [one for one in newer if one is not left_out]) == "COMMITTED"


@pytest.mark.parametrize(
    "other",
    [
        attempt(0),
        attempt(2, "OPEN"),
        attempt(2, "EXTRACTED"),
        attempt(2, "FAILED"),
        attempt(2, chunk=replace(CHUNK, locations=(BERLIN,))),
        attempt(2, chunk=replace(CHUNK, variables=("rain",))),
        attempt(2, chunk=replace(CHUNK, window=Window(APRIL.start, date(2024, 4, 30)))),
        attempt(2, chunk=replace(CHUNK, source="open-meteo/archive")),
        attempt(2, chunk=replace(CHUNK, resolution="daily")),
    ],
)
def test_what_is_older_or_not_committed_or_covers_less_does_not_supersede(other: Attempt) -> None:
    assert derive_state(attempt(status="EXTRACTED"), [other]) == "REPLACING"


def test_the_newer_attempts_are_those_that_share_cells() -> None:
    elsewhere = attempt(3, chunk=replace(CHUNK, variables=("showers",)))
    assert newer_committed(attempt(), [elsewhere, attempt(2), attempt()]) == [attempt(2)]


@pytest.mark.parametrize(("age", "is_it"), [(LONGEST_TASK, False), (LONGEST_TASK + timedelta(seconds=1), True)])
def test_who_is_open_longer_than_a_task_may_run_is_stuck(age: timedelta, is_it: bool) -> None:
    assert is_stuck(replace(attempt(status="OPEN"), opened_at=NOW - age), NOW) is is_it


@pytest.mark.parametrize("status", ["EXTRACTED", "COMMITTED", "FAILED"])
def test_only_who_is_open_is_stuck(status: Status) -> None:
    assert not is_stuck(replace(attempt(status=status), opened_at=NOW - 2 * LONGEST_TASK), NOW)
