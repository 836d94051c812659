"""Smooth noise that depends on nothing but its name, the place and the hour: no state, no random numbers.

Values lie on a lattice of 4° × 4° × `period` hours and are joined smoothly, so neighbours in space and time agree.
Source: value noise; the mixing is splitmix64 (prng.di.unimi.it/splitmix64.c, public domain).
"""

import math
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final

REGION_DEGREES: Final = 4
_REGIONS_AROUND: Final = 360 // REGION_DEGREES
_MASK: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15
_STEP: Final = 0xD1B54A32D192ED03
_NAMES: Final = 0xA0761D6478BD642F


def _mix(state: int) -> float:
    """A number in -1..1, the same on every machine."""
    state &= _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((state ^ (state >> 31)) >> 11) / (1 << 52) - 1


@lru_cache(maxsize=1000)
def _weights(period: int) -> list[float]:
    return [(1 - math.cos(math.pi * hour / period)) / 2 for hour in range(period)]


def _corners(name: str, latitude: float, longitude: float) -> list[tuple[int, float]]:
    """Seed and weight of the four lattice points around a place; together the weights are about 1 in square."""
    row, up = divmod((latitude + 90) / REGION_DEGREES, 1)
    column, right = divmod((longitude + 180) / REGION_DEGREES, 1)
    seed = zlib.crc32(name.encode()) * _NAMES
    corners = []
    for row_step, row_weight in ((0, 1 - up), (1, up)):
        for column_step, column_weight in ((0, 1 - right), (1, right)):
            region = (int(row) + row_step) * 1000 + (int(column) + column_step) % _REGIONS_AROUND
            corners.append((seed + region * _STEP, row_weight * column_weight))
    length = math.sqrt(sum(weight * weight for _, weight in corners))
    return [(seed, weight / length) for seed, weight in corners]


def _joined(knot: Callable[[int], float], period: int, first_hour: int, end_hour: int) -> list[float]:
    """Knots every `period` hours, joined by half cosine waves."""
    if end_hour <= first_hour:
        return []
    weights = _weights(period)
    first_block, last_block = first_hour // period, (end_hour - 1) // period
    series: list[float] = []
    left = knot(first_block)
    for block in range(first_block, last_block + 1):
        right = knot(block + 1)
        rise = right - left
        series += [left + rise * weight for weight in weights]
        left = right
    start = first_hour - first_block * period
    return series[start : start + end_hour - first_hour]


def regional(name: str, period: int, latitude: float, longitude: float, first_hour: int, end_hour: int) -> list[float]:
    """One value per hour of the half-open range, mostly in -1..1, alike within some hundred kilometres."""
    corners = _corners(name, latitude, longitude)

    def knot(block: int) -> float:
        return sum(weight * _mix(seed + block * _GOLDEN) for seed, weight in corners)

    return _joined(knot, period, first_hour, end_hour)


def local(name: str, period: int, latitude: float, longitude: float, first_hour: int, end_hour: int) -> list[float]:
    """One value per hour of the half-open range in -1..1, different in every cell."""
    seed = zlib.crc32(f"{name} {latitude!r} {longitude!r}".encode()) * _STEP
    return _joined(lambda block: _mix(seed + block * _GOLDEN), period, first_hour, end_hour)


def constant(name: str, latitude: float, longitude: float) -> float:
    """A value in about -1..1 that never changes, alike within some hundred kilometres."""
    return sum(weight * _mix(seed) for seed, weight in _corners(name, latitude, longitude))
