from dataclasses import replace
from datetime import date

from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.orchestration.extraction import find_unsent

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
