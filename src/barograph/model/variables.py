"""The variables file: every measured quantity that barograph knows, with unit, type and gross bounds, whoever serves it."""

import csv
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from barograph.errors import RequestRefused
from barograph.model.resolution import Resolution

VariableType = Literal["double", "int", "timestamp"]
"""As CQL names the column's."""
Kind = Literal["instant", "mean", "sum", "max", "min", "direction", "code", "time", "spread"]
"""What a value stands for: its moment, its period summed up in some way, or what no sum or mean makes sense of: a direction
(averaged as an angle), a code, a time of day, the spread of an ensemble."""
Value = float | int | str | None
"""One value of a record; None = the source has no value. A timestamp is RFC 3339 text in UTC."""

LEVEL: Final = "{level}"
PRESSURE_LEVELS: Final = (1000, 975, 950, 925, 900, 850, 800, 700, 600, 500, 400, 300, 250, 200, 150, 100, 70, 50, 30)
"""hPa; a name with `{level}` is a family of one variable for each."""

EARLIER_FORECAST: Final = re.compile(r".*_previous_day\d+")


@dataclass(frozen=True, slots=True)
class Variable:
    """One measured quantity.

    `lowest` and `highest` are gross bounds in `unit`, inclusive; a value beyond cannot be real, and `bounds_from` says how that
    is known. None = unbounded. `kind` says what a value stands for, and so how values are summed up.
    """

    name: str
    resolution: Resolution
    unit: str
    decimals: int
    type: VariableType
    kind: Kind
    lowest: float | None
    highest: float | None
    bounds_from: str
    meaning: str


def read_rows() -> list[dict[str, str]]:
    """The rows of the variables file, families not yet spread out."""
    with files("barograph.model").joinpath("variables.csv").open("r", encoding="utf-8") as text:
        return list(csv.DictReader(text))


def expand_name(name: str) -> list[str]:
    """The names of a family, or the one name that it is."""
    return [name.replace(LEVEL, str(level)) for level in PRESSURE_LEVELS] if LEVEL in name else [name]


def _members(row: dict[str, str]) -> Iterator[Variable]:
    for name in expand_name(row["name"]):
        yield Variable(
            name=name,
            resolution=row["resolution"],  # type: ignore[arg-type]  # tests hold the file to Resolution
            unit=row["unit"],
            decimals=int(row["decimals"] or 0),
            type=row["type"],  # type: ignore[arg-type]  # tests hold the file to VariableType
            kind=row["kind"],  # type: ignore[arg-type]  # tests hold the file to Kind
            lowest=float(row["lowest"]) if row["lowest"] else None,
            highest=float(row["highest"]) if row["highest"] else None,
            bounds_from=row["bounds_from"],
            meaning=row["meaning"],
        )


@cache
def all_variables() -> Mapping[tuple[str, Resolution], Variable]:
    """Every variable by name and resolution; the file is read once, when first needed."""
    return {(one.name, one.resolution): one for row in read_rows() for one in _members(row)}


def get_variable(name: str, resolution: Resolution) -> Variable:
    """The variable of that name.

    Raises:
        RequestRefused: there is none; the message says where it does exist, or offers the nearest names.
    """
    try:
        return all_variables()[name, resolution]
    except KeyError:
        raise RequestRefused(f"{resolution} variable {name!r} is not known: {_hint(name, resolution)}") from None


def _hint(name: str, resolution: Resolution) -> str:
    if EARLIER_FORECAST.fullmatch(name):
        return "what a forecast said days before is not recorded, only what is said of a time now: leave the ending out"
    known = [other for other, its_resolution in all_variables() if its_resolution == resolution]
    nearest = difflib.get_close_matches(name, known, n=3)
    offer = f"did you mean {' or '.join(nearest)}?" if nearest else "docs/variables.md lists all names."
    elsewhere = next((one for one in all_variables().values() if one.name == name), None)
    if elsewhere is None:
        return offer
    return f"it is {elsewhere.resolution}; {offer}"
