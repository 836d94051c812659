"""Which product serves which variable, and the unit it is published in; units of requests and records are the model's."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from barograph.model.resolution import Resolution
from barograph.model.variables import expand_name, get_variable


@dataclass(frozen=True, slots=True)
class ServedVariable:
    """A variable of the model at Open-Meteo: the `products` that serve it, by name without their provider (`dwd-icon`).

    `provider_unit` is the unit under which it publishes the same numbers: a spread of 1 K is a spread of 1 °C.
    """

    products: tuple[str, ...]
    provider_unit: str


@cache
def served_variables() -> Mapping[tuple[str, Resolution], ServedVariable]:
    """Every served variable by name and resolution; the file is read once, when first needed."""
    with files("barograph.sources.open_meteo").joinpath("variables.csv").open("r", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    served = dict[tuple[str, Resolution], ServedVariable]()
    for row in rows:
        resolution: Resolution = row["resolution"]  # type: ignore[assignment]  # tests hold the file to Resolution
        for name in expand_name(row["name"]):
            unit = row["provider_unit"] or get_variable(name, resolution).unit
            served[name, resolution] = ServedVariable(tuple(row["products"].split()), unit)
    return served


def list_variables(resolution: Resolution) -> Mapping[str, tuple[str, ...]]:
    """The names served at `resolution`, each with its products."""
    return {name: served.products for (name, known), served in served_variables().items() if known == resolution}


def products_of(name: str, resolution: Resolution) -> tuple[str, ...]:
    """The products that serve a variable; none where it is not Open-Meteo's."""
    served = served_variables().get((name, resolution))
    return served.products if served else ()
