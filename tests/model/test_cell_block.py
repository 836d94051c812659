from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from barograph.model.cell_block import CellBlock, subtract
from barograph.model.location import Location
from barograph.model.window import ONE_DAY, Window

FIRST = date(2024, 4, 1)
Cell = tuple[Location, date, str]
location_sets = st.frozensets(st.sampled_from([Location(str(n), "0") for n in range(3)]), min_size=1)
names = st.frozensets(st.sampled_from(["rain", "showers", "snowfall"]), min_size=1)
windows = st.tuples(st.integers(0, 5), st.integers(1, 4)).map(
    lambda one: Window(FIRST + timedelta(days=one[0]), FIRST + timedelta(days=one[0] + one[1]))
)
blocks = st.builds(CellBlock, location_sets, names, windows)


def cells_of(block: CellBlock) -> list[Cell]:
    """Every cell of `block`, one by one."""
    days = [block.window.start + n * ONE_DAY for n in range(block.window.days)]
    return [(location, day, name) for location in block.locations for day in days for name in block.variables]


@given(blocks, st.lists(blocks, max_size=6))
def test_what_is_left_is_every_cell_that_was_not_taken_once(block: CellBlock, taken: list[CellBlock]) -> None:
    left = [cell for part in subtract([block], taken) for cell in cells_of(part)]
    assert len(left) == len(set(left))
    assert set(left) == set(cells_of(block)) - {cell for one in taken for cell in cells_of(one)}


@given(blocks, blocks)
def test_one_block_taken_away_leaves_at_most_four(block: CellBlock, other: CellBlock) -> None:
    assert len(list(block.minus(other))) <= 4
