"""Numbers as the hosted API writes them: fixed-point with the unit's decimals, half away from zero, in 32-bit floats.

A negative value that rounds to zero keeps its sign where the unit has decimals: `-0.0`.
"""

from array import array
from collections.abc import Sequence
from typing import Final

from stack.standin.units import Conversion, convert_exactly

AWAY_FROM_ZERO: Final = 1 + 2**-40
"""Moves an exact half past it, and nothing else: neighbouring 32-bit floats differ by 2**-24 of themselves."""


def numbers_text(values: Sequence[float | None], conversion: Conversion, *, is_exact: bool = False) -> str:
    """The converted values, separated by commas; None becomes `null`. `is_exact`: decimals, converted as decimals."""
    known = [value for value in values if value is not None]
    text = _write(_convert_all(known, conversion, is_exact=is_exact), conversion.decimals)
    if len(known) == len(values):
        return text
    texts = iter(text.split(","))
    return ",".join("null" if value is None else next(texts) for value in values)


def _convert_all(values: list[float], conversion: Conversion, *, is_exact: bool) -> list[float]:
    if is_exact:
        return [convert_exactly(value, conversion) for value in values]
    if conversion.is_identity:
        return values
    factor, offset = float(conversion.factor), float(conversion.offset)
    return [value * factor + offset for value in values]


def _write(values: list[float], decimals: int) -> str:
    rounded = (value * AWAY_FROM_ZERO for value in array("f", values))
    if decimals:
        return ",".join([f"%.{decimals}f"] * len(values)) % tuple(rounded)
    return ",".join(["%d"] * len(values)) % tuple(value + 0.5 if value >= 0 else value - 0.5 for value in rounded)
