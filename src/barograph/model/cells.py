"""Cells: blocks of locations × days × variables, and what is left of them when others are taken away."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from barograph.model.location import Location
from barograph.model.unit import Unit
from barograph.model.window import Window


@dataclass(frozen=True, slots=True)
class Cells:
    """Every location × every day of a half-open window × every variable; none of the three is empty."""

    locations: frozenset[Location]
    variables: frozenset[str]
    window: Window

    @classmethod
    def of(cls, unit: Unit) -> "Cells":
        """What `unit` asks for."""
        return cls(frozenset(unit.locations), frozenset(unit.variables), unit.window)

    def minus(self, other: "Cells") -> Iterator["Cells"]:
        """What is left without `other`: at most four blocks that share no cell."""
        start, end = max(self.window.start, other.window.start), min(self.window.end, other.window.end)
        locations, variables = self.locations & other.locations, self.variables & other.variables
        if start >= end or not locations or not variables:
            yield self
            return
        if self.window.start < start:
            yield replace(self, window=Window(self.window.start, start))
        if end < self.window.end:
            yield replace(self, window=Window(end, self.window.end))
        if rest := self.locations - locations:
            yield Cells(rest, self.variables, Window(start, end))
        if names := self.variables - variables:
            yield Cells(locations, names, Window(start, end))


def subtract(cells: Iterable[Cells], taken: Iterable[Cells]) -> list[Cells]:
    """What is left of `cells` without `taken`, in blocks that share no cell if those of `cells` do not; empty = all is taken."""
    left = list(cells)
    for other in taken:
        if not left:
            break
        left = [part for one in left for part in one.minus(other)]
    return left


class Taken:
    """Blocks of cells that are taken, found by the months of their windows: there may be tens of thousands."""

    def __init__(self, cells: Iterable[Cells] = ()) -> None:
        self._by_month: dict[int, dict[Cells, None]] = {}
        self.add(cells)

    def add(self, cells: Iterable[Cells]) -> None:
        """Take these as well."""
        for one in cells:
            for month in one.window.months:
                self._by_month.setdefault(month, {})[one] = None

    def leaves(self, cells: Cells) -> list[Cells]:
        """What is left of `cells`, in blocks that share no cell; empty = all is taken."""
        near = [self._by_month.get(month, {}) for month in cells.window.months]
        return subtract([cells], {one: None for blocks in near for one in blocks})


@dataclass(frozen=True, slots=True)
class Days:
    """The UTC days of a block by how much of them is left: `whole` (every cell), `partly`, or nothing (`covered`)."""

    whole: list[date]
    partly: list[date]
    covered: list[date]


def sort_days(cells: Cells, taken: Iterable[Cells]) -> Days:
    """The days of `cells`, sorted by what `taken` leaves of them."""
    near = [other for other in taken if list(cells.minus(other)) != [cells]]
    days = Days([], [], [])
    for window in cells.window.chunks(1):
        today = replace(cells, window=window)
        left = subtract([today], near)
        (days.whole if left == [today] else days.partly if left else days.covered).append(window.start)
    return days
