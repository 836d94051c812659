"""Statistics of rounds: median and spread, ratios between contenders, growth exponent."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of the rounds, and the lowest and the highest of them."""

    median: float
    lowest: float
    highest: float
    rounds: int


def spread_of(values: Sequence[float]) -> Spread:
    """Median and spread of at least one value."""
    return Spread(statistics.median(values), min(values), max(values), len(values))


def paired_ratios(ours: Mapping[int, float], theirs: Mapping[int, float]) -> list[float]:
    """Ours ÷ theirs per round; rounds that only one of them has are left out.

    A round's contenders ran one after the other, so what slows the machine for minutes cancels out.
    """
    return [ours[number] / theirs[number] for number in sorted(ours.keys() & theirs.keys())]


def growth_exponent(seconds_by_size: Mapping[int, float]) -> float:
    """The slope of log(seconds) over log(size), by least squares: 1 = proportional, above = slower per row as sizes grow.

    Raises:
        ValueError: there are fewer than two sizes.
    """
    if len(seconds_by_size) < 2:
        raise ValueError(f"a growth exponent needs two sizes, there are {len(seconds_by_size)}: measure another")
    x = [math.log(size) for size in seconds_by_size]
    y = [math.log(seconds) for seconds in seconds_by_size.values()]
    return statistics.linear_regression(x, y).slope


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` (0 to 100) of `values` do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
