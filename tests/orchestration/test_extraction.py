from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from barograph.errors import (
    AccessRefused,
    AnswerRefused,
    AnswerTooLarge,
    LocationUnserved,
    RequestRefused,
    SourceUnavailable,
)
from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.orchestration.extraction import MAX_REFUSED_IN_A_ROW, find_unsent
from barograph.orchestration.produce import describe_refused
from tests.orchestration.fake_source import FakeSource, Run

PLACES = tuple(Location(str(n), "1") for n in range(4))


def chunk(first: int, last: int, places: tuple[Location, ...] = PLACES) -> Chunk:
    days = Window.from_days(date(2024, 4, first), date(2024, 4, last))
    return Chunk("open-meteo/archive", "hourly", places, ("rain",), days)


def sent(asked: Chunk) -> Attempt:
    return Attempt(asked, 1, "EXTRACTED", "run", "task")


def test_units_that_were_sent_are_left_out() -> None:
    chunks = [chunk(1, 7), chunk(8, 14), chunk(15, 21)]
    assert find_unsent(chunks, [sent(chunks[1]), sent(chunks[0])]) == chunks[2:]


def test_without_anything_sent_all_is_asked() -> None:
    assert find_unsent([chunk(1, 7)], []) == [chunk(1, 7)]


def test_of_a_batch_that_was_halved_only_the_rest_is_asked() -> None:
    halves = [sent(chunk(1, 7, PLACES[:2])), sent(chunk(1, 7, PLACES[3:]))]
    assert find_unsent([chunk(1, 7)], halves) == [chunk(1, 7, PLACES[2:3])]


def test_what_was_sent_in_other_shapes_counts_too() -> None:
    assert find_unsent([chunk(1, 7)], [sent(chunk(1, 3)), sent(chunk(6, 7))]) == [chunk(4, 5)]


def test_other_sources_and_variables_do_not_count() -> None:
    others = [sent(replace(chunk(1, 7), source="open-meteo/dwd-icon")), sent(replace(chunk(1, 7), variables=("snowfall",)))]
    assert find_unsent([chunk(1, 7)], others) == [chunk(1, 7)]


def asked_of_fake(first: int, last: int | None = None, places: tuple[Location, ...] = PLACES) -> Chunk:
    """A chunk of the fake source."""
    return replace(chunk(first, last or first, places), source="fake/rain")


DAYS = [asked_of_fake(day) for day in range(1, 31)]


def refusing(*days: int, error: Exception) -> Callable[[Chunk], Exception | None]:
    """Trouble with these days of April."""
    return lambda chunk: error if chunk.window.start.day in days else None


@pytest.mark.parametrize("error", [RequestRefused("no such name"), AnswerRefused("another unit")])
def test_a_refused_chunk_is_noted_and_the_later_ones_are_asked(error: Exception) -> None:
    run = Run(FakeSource(refusing(2, error=error)))
    extraction = run.of(*DAYS[:3])
    assert [attempt.status for attempt in run.ledger.attempts] == ["EXTRACTED", "FAILED", "EXTRACTED"]
    assert extraction.refused == [f"{DAYS[1]}: {error}"]
    assert len(extraction.attempt_ids) == 2


def test_a_product_that_refuses_chunk_after_chunk_is_not_asked_for_all_of_them() -> None:
    run = Run(FakeSource(refusing(*range(3, 31), error=RequestRefused("broken"))))
    extraction = run.of(*DAYS)
    assert (len(extraction.refused), extraction.unasked) == (MAX_REFUSED_IN_A_ROW, 30 - 2 - MAX_REFUSED_IN_A_ROW)
    assert "18 more were not asked for" in describe_refused(extraction)


def test_refusals_here_and_there_end_nothing() -> None:
    run = Run(FakeSource(refusing(*range(1, 31, 2), error=RequestRefused("broken"))))
    extraction = run.of(*DAYS)
    assert (len(extraction.refused), len(extraction.attempt_ids), extraction.unasked) == (15, 15, 0)


def test_a_source_that_refuses_the_key_is_not_asked_again_and_what_was_sent_stays() -> None:
    run = Run(FakeSource(refusing(2, error=AccessRefused("the key"))))
    extraction = run.of(*DAYS[:5])
    assert (len(run.source.asked), len(extraction.attempt_ids), extraction.unasked) == (2, 1, 3)


def test_trouble_that_passes_is_left_to_the_tries_of_the_task() -> None:
    run = Run(FakeSource(refusing(2, error=SourceUnavailable("away"))))
    with pytest.raises(SourceUnavailable):
        run.of(*DAYS[:3])
    assert [attempt.status for attempt in run.ledger.attempts] == ["EXTRACTED", "FAILED"]


def test_an_answer_that_is_too_large_is_asked_for_in_halves_until_it_fits() -> None:
    run = Run(FakeSource(lambda chunk: AnswerTooLarge("64 MiB") if chunk.asked > 24 * 4 else None))
    extraction = run.of(asked_of_fake(1, 3, PLACES))
    assert (extraction.refused, extraction.observations) == ([], 3 * 24 * len(PLACES))
    assert [(one.window.days, len(one.locations)) for one in run.source.asked] == [(3, 4), (1, 4), (2, 4), (1, 4), (1, 4)]
    many = Run(FakeSource(lambda chunk: AnswerTooLarge("64 MiB") if len(chunk.locations) > 1 else None))
    assert (many.of(asked_of_fake(1, 1, PLACES)).observations, len(many.source.asked)) == (24 * len(PLACES), 7)


def test_a_single_day_of_one_location_that_is_too_large_is_refused() -> None:
    extraction = Run(FakeSource(lambda chunk: AnswerTooLarge("ask for fewer variables"))).of(asked_of_fake(1, 1, PLACES[:1]))
    assert "ask for fewer variables" in extraction.refused[0]


def lacking(location: Location) -> Callable[[Chunk], Exception | None]:
    """A source without data for `location`."""
    return lambda chunk: LocationUnserved("no data") if location in chunk.locations else None


def test_a_location_without_data_is_searched_for_once_and_left_out_of_all_later_chunks() -> None:
    run = Run(FakeSource(lacking(PLACES[1])))
    extraction = run.of(*DAYS[:3])
    assert [len(one.locations) for one in run.source.asked] == [4, 2, 1, 1, 2, 3, 3]
    assert extraction.observations == 3 * 3 * 24
    assert set(run.book.rows["fake/rain"]) == {PLACES[1].location_id}
    assert [attempt.is_excluded for attempt in run.ledger.attempts].count(True) == 1


def test_an_answer_that_lacks_hours_is_sent_by_no_source() -> None:
    run = Run(FakeSource(hours_left_out=1))
    assert "answered for other times than its time rule promises" in run.of(DAYS[0]).refused[0]
    assert run.ledger.attempts[0].manifest is None


def test_attempts_name_the_dag_and_its_run_since_two_dags_may_have_runs_of_one_name() -> None:
    run = Run()
    run.of(DAYS[0])
    assert run.ledger.attempts[0].dag_run == "some_dag/manual__1"
