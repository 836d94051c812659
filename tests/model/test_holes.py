from datetime import date

from barograph.model.cell_block import CellBlock
from barograph.model.holes import find_holes, merge_windows
from barograph.model.location import Location
from barograph.model.window import Window

BERLIN, HAMBURG, ROME = Location("52.5", "13.4"), Location("53.5", "9.9"), Location("41.9", "12.5")


def days(first: int, last: int) -> Window:
    """Days of November 2026, inclusive."""
    return Window.from_days(date(2026, 11, first), date(2026, 11, last))


def block(window: Window, *locations: Location, names: tuple[str, ...] = ("rain",)) -> CellBlock:
    return CellBlock(frozenset(locations or (BERLIN,)), frozenset(names), window)


def holes(scheduled: list[CellBlock], *by_hand: CellBlock) -> list[CellBlock]:
    return find_holes(scheduled, [*scheduled, *by_hand])


def test_a_weekend_that_no_run_asked_for_is_a_hole() -> None:
    assert holes([block(days(21, 21)), block(days(25, 25))]) == [block(days(22, 24))]


def test_days_that_follow_each_other_leave_none() -> None:
    assert holes([block(days(20, 21)), block(days(22, 22)), block(days(21, 23))]) == []


def test_what_was_asked_by_hand_is_no_hole() -> None:
    assert holes([block(days(21, 21)), block(days(25, 25))], block(days(23, 23))) == [block(days(22, 22)), block(days(24, 24))]


def test_days_that_were_asked_by_hand_alone_leave_no_hole_between_them() -> None:
    assert holes([], block(days(1, 1)), block(days(25, 25))) == []


def test_a_hole_is_found_though_the_locations_were_batched_otherwise_since() -> None:
    before = [block(days(20, 20), BERLIN, HAMBURG)]
    since = [block(days(23, 23), BERLIN, ROME), block(days(23, 23), HAMBURG)]
    assert holes([*before, *since]) == [block(days(21, 22), BERLIN, HAMBURG)]  # Rome was new


def test_a_variable_that_was_added_later_has_no_hole_before_it() -> None:
    both = ("rain", "showers")
    assert holes([block(days(20, 20)), block(days(22, 22), names=both), block(days(24, 24), names=both)]) == [
        block(days(21, 21)),
        block(days(23, 23), names=both),
    ]


def test_windows_that_meet_become_one() -> None:
    assert merge_windows([block(days(3, 4)), block(days(1, 2)), block(days(2, 3)), block(days(9, 9))]) == [
        block(days(1, 4)),
        block(days(9, 9)),
    ]
