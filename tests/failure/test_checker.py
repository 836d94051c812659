"""The checker finds what it is there to find."""

from dataclasses import replace
from datetime import date

import pytest

from barograph.model.attempt import Attempt, Outcome
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from tests.failure.checker import Key, Verdict, check_chunks, check_filled, check_quarantined, compare, find_out_of_bounds
from tests.failure.last_lines import is_clear

HERE: Key = ("1,2", "standin/archive", "2021-03-01T00:00:00Z", "rain")
CHUNK = Chunk("standin/archive", "hourly", (Location("1", "2"),), ("rain",), Window(date(2021, 3, 1), date(2021, 3, 2)))
ATTEMPT_ID = "standin/archive/hourly/7"


@pytest.mark.parametrize(
    ("expected", "stored", "kind"),
    [
        ({HERE: (1.0, 7)}, {}, "lost"),
        ({HERE: (None, 7)}, {HERE: (1.0, 6)}, "doubled"),
        ({}, {HERE: (1.0, 7)}, "doubled"),
        ({HERE: (1.0, 7)}, {HERE: (2.0, 7)}, "wrong"),
        ({HERE: (1.0, 7)}, {HERE: (1.0, 6)}, "wrong"),
    ],
)
def test_cell_that_differs_is_counted_once_under_its_kind(
    expected: dict[Key, tuple[float | None, int]], stored: dict[Key, tuple[float | None, int]], kind: str
) -> None:
    verdict = Verdict()
    compare(expected, stored, verdict)
    counts = {"lost": verdict.lost, "doubled": verdict.doubled, "wrong": verdict.wrong}
    assert counts == {"lost": 0, "doubled": 0, "wrong": 0} | {kind: 1}
    assert len(verdict.findings) == 1


def test_equal_cells_are_no_finding() -> None:
    verdict = Verdict()
    compare({HERE: (1.0, 7), (*HERE[:3], "temperature_2m"): (None, 7)}, {HERE: (1.0, 7)}, verdict)
    assert (verdict.cells, verdict.findings) == (1, [])


@pytest.mark.parametrize(("value", "is_out"), [(-10.1, True), (0.0, False), (None, False), (1e9, True)])
def test_value_beyond_its_bounds_belongs_into_quarantine(value: float | None, is_out: bool) -> None:
    assert find_out_of_bounds({"rain": value, "temperature_2m": 7.5}, "hourly") == ({"rain"} if is_out else set())


@pytest.mark.parametrize(("kept", "lost"), [([ATTEMPT_ID, "another", ATTEMPT_ID, None], 0), ([ATTEMPT_ID], 1), ([], 2)])
def test_quarantined_record_that_is_not_kept_is_lost(kept: list[str | None], lost: int) -> None:
    verdict = Verdict()
    check_quarantined([Attempt(CHUNK, 7, "COMMITTED", "run", "task", outcome=Outcome(22, 2, 0))], kept, verdict)
    assert verdict.lost == lost


@pytest.mark.parametrize("committed", [[], [Attempt(CHUNK, 7, "COMMITTED", "run", "task")]])
def test_unit_that_was_never_committed_is_lost_with_all_it_asked_for(committed: list[Attempt]) -> None:
    verdict = Verdict()
    check_chunks([CHUNK], committed, verdict)
    assert (verdict.windows, verdict.lost) == ((1, 0) if committed else (0, 24))


@pytest.mark.parametrize(("variables", "lost"), [(("temperature_2m", "rain"), 0), (("rain",), 1)])
def test_filled_unit_is_lost_in_the_cells_that_no_committed_attempt_asked_for(variables: tuple[str, ...], lost: int) -> None:
    verdict, chunk = Verdict(), replace(CHUNK, variables=("rain", "temperature_2m"))
    parts = [Attempt(replace(CHUNK, variables=(name,)), 7, "COMMITTED", "run", "task") for name in variables]
    check_filled([chunk], parts, verdict)
    assert (verdict.windows, verdict.lost) == (1 - lost, lost)


@pytest.mark.parametrize(
    ("line", "is_right"),
    [
        ("topic x was recreated since a: clear the produce task", True),
        ("Cassandra at x does not answer: timed out; look at Cassandra (./startup.sh status), then try again", True),
        ("the process died", True),
        ("Cannot execute: spark-submit. Error code is: 1.", False),
        ("KeyError: 'time'", False),
        ("clear the task", False),
    ],
)
def test_last_line_needs_a_cause_and_a_remedy(line: str, is_right: bool) -> None:
    assert is_clear(line) is is_right
