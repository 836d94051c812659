"""Model grids: which cell a coordinate falls into, and 32-bit floats with their shortest text.

Source: dwd.de and ecmwf.int grid descriptions. Plain snapping: the hosted API's `land` mode may choose a neighbour
by terrain height, and its archive reports a reduced Gaussian cell; the stand-in does neither.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final


def to_float32(value: float) -> float:
    """The 32-bit float nearest to `value`, as a Python float."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


@lru_cache(maxsize=10_000)
def float32_text(value: float) -> str:
    """The shortest text that reads back as the same 32-bit float: `13.419998`, `38.0`."""
    wanted = to_float32(value)
    for digits in range(1, 9):
        rounded = float(f"{wanted:.{digits}g}")
        if to_float32(rounded) == wanted:
            return repr(rounded)
    return repr(float(f"{wanted:.9g}"))


@dataclass(frozen=True, slots=True)
class Cell:
    """The centre of a grid cell, degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Grid:
    """A regular grid: first corner and step in degrees, counts of columns and rows."""

    columns: int
    rows: int
    latitude_min: float
    longitude_min: float
    step: float

    def cell_of(self, latitude: float, longitude: float) -> Cell | None:
        """The cell nearest to a coordinate; None = the grid does not cover it."""
        step = to_float32(self.step)
        column = math.floor(to_float32((longitude - self.longitude_min) / step) + 0.5)
        row = math.floor(to_float32((latitude - self.latitude_min) / step) + 0.5)
        around = round(360 / self.step)
        if self.columns > around - 2:
            column = min(column % around, self.columns - 1)
        if not (0 <= column < self.columns and 0 <= row < self.rows):
            return None
        return Cell(_corner(self.latitude_min, row, step), _corner(self.longitude_min, column, step))


def _corner(first: float, index: int, step: float) -> float:
    return to_float32(to_float32(first) + to_float32(index * step))


ICON_GLOBAL: Final = Grid(2879, 1441, -90, -180, 0.125)
ICON_EU: Final = Grid(1377, 657, 29.5, -23.5, 0.0625)
ICON_D2: Final = Grid(1215, 746, 43.18, -3.94, 0.02)
ERA5: Final = Grid(1440, 721, -90, -180, 0.25)
ERA5_ENSEMBLE: Final = Grid(720, 361, -90, -180, 0.5)
ERA5_LAND: Final = Grid(3600, 1801, -90, -180, 0.1)


def finest_cell(grids: Sequence[Grid], latitude: float, longitude: float) -> Cell | None:
    """The cell in the first of `grids` that covers the coordinate; None = none does."""
    cells = (grid.cell_of(latitude, longitude) for grid in grids)
    return next((cell for cell in cells if cell is not None), None)
