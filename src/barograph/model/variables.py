"""The variables file: every measured quantity that barograph knows, with unit, type and gross bounds."""

import csv
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal, get_args

from barograph.errors import RequestRefused

Resolution = Literal["hourly", "daily"]
VariableType = Literal["double", "int", "timestamp"]
Value = float | int | str | None
"""One value of a record; None = the source has no value. A timestamp is RFC 3339 text in UTC."""

RESOLUTIONS: Final[tuple[Resolution, ...]] = get_args(Resolution)


@dataclass(frozen=True, slots=True)
class Variable:
    """One measured quantity as the source names it.

    `lowest` and `highest` are gross bounds in `unit`, inclusive; a value beyond cannot be real. None = unbounded.
    `sources` are the products that serve it, without their provider (`dwd-icon`).
    """

    name: str
    resolution: Resolution
    unit: str
    decimals: int
    type: VariableType
    lowest: float | None
    highest: float | None
    sources: frozenset[str]
    meaning: str


def _variable(row: dict[str, str]) -> Variable:
    return Variable(
        name=row["name"],
        resolution="hourly" if row["resolution"] == "hourly" else "daily",
        unit=row["unit"],
        decimals=int(row["decimals"] or 0),
        type=row["type"],  # type: ignore[arg-type]  # tests hold the file to VariableType
        lowest=float(row["lowest"]) if row["lowest"] else None,
        highest=float(row["highest"]) if row["highest"] else None,
        sources=frozenset(row["sources"].split()),
        meaning=row["meaning"],
    )


@cache
def all_variables() -> Mapping[tuple[str, Resolution], Variable]:
    """The variables file by name and resolution; read once, when first needed."""
    with files("barograph.model").joinpath("variables.csv").open("r", encoding="utf-8") as text:
        variables = [_variable(row) for row in csv.DictReader(text)]
    return {(variable.name, variable.resolution): variable for variable in variables}


def get_variable(name: str, resolution: Resolution) -> Variable:
    """The variable of that name.

    Raises:
        RequestRefused: there is none; the message offers the nearest names.
    """
    try:
        return all_variables()[name, resolution]
    except KeyError:
        known = [other for other, its_resolution in all_variables() if its_resolution == resolution]
        nearest = difflib.get_close_matches(name, known, n=3)
        hint = f"did you mean {' or '.join(nearest)}?" if nearest else "docs/variables.md lists all names."
        raise RequestRefused(f"{resolution} variable {name!r} is not known: {hint}") from None
