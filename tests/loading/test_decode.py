"""Which offsets are read for a batch of attempts."""

from itertools import pairwise

import pytest

from barograph.loading.decode import MOST_READS, SMALL_GAP, Range, plan_reads
from barograph.model.attempt import Manifest


def manifest(**ranges: Range) -> Manifest:
    """What was sent to these partitions (p0, p1, …)."""
    return Manifest("hourlymetrics", "id", {int(name[1:]): range_ for name, range_ in ranges.items()}, 1, 1)


FAR = 10 * SMALL_GAP


def test_the_week_between_two_attempts_is_not_read() -> None:
    reads = plan_reads([manifest(p0=(0, 100)), manifest(p0=(FAR, FAR + 100))])
    assert reads == [{0: (0, 100)}, {0: (FAR, FAR + 100)}]


def test_ranges_that_overlap_or_nearly_touch_are_read_once() -> None:
    assert plan_reads([manifest(p0=(50, 150)), manifest(p0=(0, 100)), manifest(p0=(160, 200))]) == [{0: (0, 200)}]


def test_a_range_inside_another_does_not_shorten_it() -> None:
    assert plan_reads([manifest(p0=(0, 1000)), manifest(p0=(10, 20)), manifest(p0=(990, 1010))]) == [{0: (0, 1010)}]


def test_each_partition_has_its_own_ranges() -> None:
    reads = plan_reads([manifest(p0=(0, 10), p1=(5, 6)), manifest(p0=(FAR, FAR + 10)), manifest(p2=(7, 9))])
    assert reads == [{0: (0, 10), 1: (5, 6), 2: (7, 9)}, {0: (FAR, FAR + 10)}]


@pytest.mark.parametrize("count", [MOST_READS, MOST_READS + 1, 3 * MOST_READS])
def test_many_scattered_attempts_take_a_bounded_number_of_reads_and_lose_no_offset(count: int) -> None:
    ranges = [(n * n * FAR, n * n * FAR + 100) for n in range(count)]
    reads = plan_reads([manifest(p0=range_) for range_ in ranges])
    assert len(reads) == min(count, MOST_READS)
    read = [read[0] for read in reads]
    assert all(any(start <= first and last <= end for start, end in read) for first, last in ranges)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(read))


def test_the_smallest_gaps_are_read_first() -> None:
    nearer = MOST_READS * FAR - FAR // 2
    ranges = [*((n * FAR, n * FAR + 10) for n in range(MOST_READS)), (nearer, nearer + 10)]
    reads = [read[0] for read in plan_reads([manifest(p0=range_) for range_ in ranges])]
    assert reads[-1] == ((MOST_READS - 1) * FAR, nearer + 10)
