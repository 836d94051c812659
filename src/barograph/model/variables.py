"""The variables file: every measured quantity that barograph knows, with unit, type and gross bounds."""

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
Value = float | int | str | None
"""One value of a record; None = the source has no value. A timestamp is RFC 3339 text in UTC."""

LEVEL: Final = "{level}"
PRESSURE_LEVELS: Final = (1000, 975, 950, 925, 900, 850, 800, 700, 600, 500, 400, 300, 250, 200, 150, 100, 70, 50, 30)
"""hPa; a name with `{level}` is a family of one variable for each. Source: open-meteo.com/en/docs, also /docs/dwd-api."""

EARLIER_FORECAST: Final = re.compile(r".*_previous_day\d+")


@dataclass(frozen=True, slots=True)
class Variable:
    """One measured quantity as the source names it.

    `lowest` and `highest` are gross bounds in `unit`, inclusive; a value beyond cannot be real, and `bounds_from` says how that
    is known. None = unbounded. `sources` are the products that serve it, without their provider (`dwd-icon`).
    `provider_unit` is the name under which the source publishes the same numbers: a spread of 1 K is a spread of 1 °C.
    """

    name: str
    resolution: Resolution
    unit: str
    provider_unit: str
    decimals: int
    type: VariableType
    lowest: float | None
    highest: float | None
    bounds_from: str
    sources: frozenset[str]
    meaning: str


def read_rows() -> list[dict[str, str]]:
    """The rows of the variables file, families not yet spread out."""
    with files("barograph.sources.open_meteo").joinpath("variables.csv").open("r", encoding="utf-8") as text:
        return list(csv.DictReader(text))


def _members(row: dict[str, str]) -> Iterator[Variable]:
    levels = [str(level) for level in PRESSURE_LEVELS] if LEVEL in row["name"] else [""]
    for level in levels:
        yield Variable(
            name=row["name"].replace(LEVEL, level),
            resolution=row["resolution"],  # type: ignore[arg-type]  # tests hold the file to Resolution
            unit=row["unit"],
            provider_unit=row["provider_unit"] or row["unit"],
            decimals=int(row["decimals"] or 0),
            type=row["type"],  # type: ignore[arg-type]  # tests hold the file to VariableType
            lowest=float(row["lowest"]) if row["lowest"] else None,
            highest=float(row["highest"]) if row["highest"] else None,
            bounds_from=row["bounds_from"],
            sources=frozenset(row["sources"].split()),
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
    return f"it is {elsewhere.resolution}, served by {', '.join(sorted(elsewhere.sources))}; {offer}"
