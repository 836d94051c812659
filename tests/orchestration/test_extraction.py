from dataclasses import replace
from datetime import date

from barograph.model.attempt import Attempt
from barograph.model.location import Location
from barograph.model.unit import Unit
from barograph.model.window import Window
from barograph.orchestration.extraction import find_unsent

PLACES = tuple(Location(str(n), "1") for n in range(4))


def unit(first: int, last: int, places: tuple[Location, ...] = PLACES) -> Unit:
    days = Window.from_days(date(2024, 4, first), date(2024, 4, last))
    return Unit("open-meteo/archive", "hourly", places, ("rain",), days)


def sent(asked: Unit) -> Attempt:
    return Attempt(asked, 1, "EXTRACTED", "run", "task")


def test_units_that_were_sent_are_left_out() -> None:
    units = [unit(1, 7), unit(8, 14), unit(15, 21)]
    assert find_unsent(units, [sent(units[1]), sent(units[0])]) == units[2:]


def test_without_anything_sent_all_is_asked() -> None:
    assert find_unsent([unit(1, 7)], []) == [unit(1, 7)]


def test_of_a_batch_that_was_halved_only_the_rest_is_asked() -> None:
    halves = [sent(unit(1, 7, PLACES[:2])), sent(unit(1, 7, PLACES[3:]))]
    assert find_unsent([unit(1, 7)], halves) == [unit(1, 7, PLACES[2:3])]


def test_what_was_sent_in_other_shapes_counts_too() -> None:
    assert find_unsent([unit(1, 7)], [sent(unit(1, 3)), sent(unit(6, 7))]) == [unit(4, 5)]


def test_other_sources_and_variables_do_not_count() -> None:
    others = [sent(replace(unit(1, 7), source="open-meteo/dwd-icon")), sent(replace(unit(1, 7), variables=("snowfall",)))]
    assert find_unsent([unit(1, 7)], others) == [unit(1, 7)]
