"""Where examples lie: the project's own, which are always there, and ../shared, which adds breadth where it is there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

OWN: Final = Path(__file__).parent
SHARED: Final = OWN.parents[2] / "shared"

ANSWERS: Final = ("open-meteo", "data/open-meteo-examples")
REFUSALS: Final = ("open-meteo/refusals.toml", "reference/open-meteo-errors.jsonl")
VARIABLES: Final = ("open-meteo/variables.csv", "reference/open-meteo-variables.csv")
STATIONS: Final = ("stations/november-2007.csv.gz", "data/isd/five-airports-2008-2011.csv.gz")
EXAMPLES: Final = (ANSWERS, REFUSALS, VARIABLES, STATIONS)
"""Each as it is called here and in ../shared."""


def find(example: tuple[str, str], shared: Path = SHARED) -> dict[str, Path]:
    """The file or folder of `example` as `own`, and as `shared` where that is there."""
    own, other = example
    return {"own": OWN / own} | ({"shared": shared / other} if (shared / other).exists() else {})


def each(example: tuple[str, str]) -> pytest.MarkDecorator:
    """Run a test with `path` at our own `example`, and again at the shared one where that is there."""
    found = find(example)
    return pytest.mark.parametrize("path", found.values(), ids=found)


def find_absent(shared: Path = SHARED) -> Sequence[str]:
    """What `shared` should hold and does not."""
    return [other for _, other in EXAMPLES if not (shared / other).exists()]
