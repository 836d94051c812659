"""Holes: days between those that daily runs asked for, which no one ever asked for. An outage leaves them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from barograph.model.cell_block import CellBlock, CoverageIndex
from barograph.model.location import Location
from barograph.model.window import Window


def find_holes(scheduled: Sequence[CellBlock], asked: Sequence[CellBlock]) -> list[CellBlock]:
    """The cells between the oldest and the newest day that `scheduled` asked for, and that `asked` did not, in order.

    That is taken for each location and variable by itself, however the locations were batched on which day. All blocks are of
    one source and resolution; `asked` are those of every run, the scheduled ones too.
    """
    everywhere = merge_windows(asked)
    holes = defaultdict[tuple[Window, frozenset[str]], set[Location]](set)
    for hull in _hulls(merge_windows(scheduled)):
        near = [block for block in everywhere if not block.locations.isdisjoint(hull.locations)]
        for hole in CoverageIndex(near).leaves(hull):
            holes[hole.window, hole.variables] |= hole.locations
    alike = defaultdict[tuple[Window, frozenset[Location]], set[str]](set)
    for (window, variables), locations in holes.items():
        alike[window, frozenset(locations)] |= variables
    blocks = [CellBlock(locations, frozenset(names), window) for (window, locations), names in alike.items()]
    return sorted(blocks, key=lambda block: (block.window, sorted(block.variables)))


def merge_windows(blocks: Iterable[CellBlock]) -> list[CellBlock]:
    """The same cells in fewer blocks: windows of the same locations and variables that meet become one."""
    windows = defaultdict[tuple[frozenset[Location], frozenset[str]], set[Window]](set)
    for block in blocks:
        windows[block.locations, block.variables].add(block.window)
    merged = list[CellBlock]()
    for (locations, variables), of_block in windows.items():
        start = end = None
        for window in sorted(of_block):
            if start is None or end is None or window.start > end:
                if start is not None and end is not None:
                    merged.append(CellBlock(locations, variables, Window(start, end)))
                start, end = window.start, window.end
            else:
                end = max(end, window.end)
        if start is not None and end is not None:
            merged.append(CellBlock(locations, variables, Window(start, end)))
    return merged


def _hulls(blocks: Sequence[CellBlock]) -> list[CellBlock]:
    """Per location and variable the days from the oldest to the newest, in blocks of those that have the same."""
    batches = {block.locations: number for number, block in enumerate(blocks)}
    memberships = defaultdict[Location, list[int]](list)
    for locations, number in batches.items():
        for location in locations:
            memberships[location].append(number)
    alike = defaultdict[tuple[int, ...], list[Location]](list)
    for location, numbers in memberships.items():
        alike[tuple(numbers)].append(location)
    hulls = list[CellBlock]()
    for members, together in alike.items():
        days = dict[str, Window]()
        for block in blocks:
            if batches[block.locations] in members:
                for name in block.variables:
                    known = days.get(name, block.window)
                    days[name] = Window(min(known.start, block.window.start), max(known.end, block.window.end))
        for window in set(days.values()):
            names = frozenset(name for name, hull in days.items() if hull == window)
            hulls.append(CellBlock(frozenset(together), names, window))
    return hulls
