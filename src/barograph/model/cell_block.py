"""CellBlock: blocks of locations × days × variables, and what is left of them when others are taken away."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from barograph.model.chunk import Chunk
from barograph.model.location import Location, location_set
from barograph.model.window import Window


@dataclass(frozen=True, slots=True)
class CellBlock:
    """Every location × every day of a half-open window × every variable; none of the three is empty."""

    locations: frozenset[Location]
    variables: frozenset[str]
    window: Window

    @classmethod
    def of(cls, chunk: Chunk) -> "CellBlock":
        """What `chunk` asks for."""
        return cls(location_set(chunk.locations), frozenset(chunk.variables), chunk.window)

    def minus(self, other: "CellBlock") -> Iterator["CellBlock"]:
        """What is left without `other`: at most four blocks that share no cell."""
        start, end = max(self.window.start, other.window.start), min(self.window.end, other.window.end)
        if start >= end or self.variables.isdisjoint(other.variables) or self.locations.isdisjoint(other.locations):
            yield self
            return
        locations, variables = self.locations & other.locations, self.variables & other.variables
        if self.window.start < start:
            yield replace(self, window=Window(self.window.start, start))
        if end < self.window.end:
            yield replace(self, window=Window(end, self.window.end))
        if rest := self.locations - locations:
            yield CellBlock(rest, self.variables, Window(start, end))
        if names := self.variables - variables:
            yield CellBlock(locations, names, Window(start, end))


def subtract(cells: Iterable[CellBlock], taken: Iterable[CellBlock]) -> list[CellBlock]:
    """What is left of `cells` without `taken`, in blocks that share no cell if those of `cells` do not; empty = all is taken."""
    left = list(cells)
    for other in taken:
        if not left:
            break
        left = [part for one in left for part in one.minus(other)]
    return left


class CoverageIndex:
    """Blocks of cells that are taken, found by the months of their windows: there may be tens of thousands."""

    def __init__(self, cells: Iterable[CellBlock] = ()) -> None:
        self._by_month: dict[int, dict[CellBlock, None]] = {}
        self.add(cells)

    def add(self, cells: Iterable[CellBlock]) -> None:
        """Take these as well."""
        for one in cells:
            for month in one.window.months:
                self._by_month.setdefault(month, {})[one] = None

    def leaves(self, cells: CellBlock) -> list[CellBlock]:
        """What is left of `cells`, in blocks that share no cell; empty = all is taken."""
        near = [self._by_month.get(month, {}) for month in cells.window.months]
        return subtract([cells], {one: None for blocks in near for one in blocks})


@dataclass(frozen=True, slots=True)
class Days:
    """The UTC days of a block by how much of them is left: `whole` (every cell), `partly`, or nothing (`covered`)."""

    whole: list[date]
    partly: list[date]
    covered: list[date]


def sort_days(cells: CellBlock, taken: Iterable[CellBlock]) -> Days:
    """The days of `cells`, sorted by what `taken` leaves of them."""
    near = [other for other in taken if list(cells.minus(other)) != [cells]]
    days = Days([], [], [])
    for window in cells.window.split(1):
        today = replace(cells, window=window)
        left = subtract([today], near)
        (days.whole if left == [today] else days.partly if left else days.covered).append(window.start)
    return days
