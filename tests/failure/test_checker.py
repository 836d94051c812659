"""The checker finds what it is there to find."""

import pytest

from barograph.model.observation import Observation
from tests.failure.checker import Key, Verdict, compare, is_out_of_bounds

HERE: Key = ("1,2", "standin/archive", "2021-03-01T00:00:00Z", "rain")


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


@pytest.mark.parametrize(("value", "is_out"), [(-1.0, True), (0.0, False), (None, False), (1e9, True)])
def test_value_beyond_its_bounds_belongs_into_quarantine(value: float | None, is_out: bool) -> None:
    assert is_out_of_bounds(Observation("1,2", "s", "t", {"rain": value}), "hourly") is is_out
