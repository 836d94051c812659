"""Units of an answer: from the variables file's unit to the one asked for, with the decimals it is written with.

Source: recorded answers; unit texts and decimals as in github.com/open-meteo/sdk.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

from barograph.model.variables import Variable
from barograph.sources.open_meteo.variables import served_variables


@dataclass(frozen=True, slots=True)
class Units:
    """The unit parameters of a request, with the API's defaults."""

    temperature: str = "celsius"
    wind_speed: str = "kmh"
    precipitation: str = "mm"


@dataclass(frozen=True, slots=True)
class Conversion:
    """`value * factor + offset`, written with `decimals` under the text `unit`."""

    unit: str
    decimals: int
    factor: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)

    @property
    def is_identity(self) -> bool:
        """Whether values stay as they are."""
        return self.factor == 1 and self.offset == 0


_PER_METRE_PER_SECOND: Final = {
    "kmh": ("km/h", 1, Decimal("3.6")),
    "ms": ("m/s", 2, Decimal(1)),
    "mph": ("mp/h", 1, Decimal("2.237")),
    "kn": ("kn", 1, Decimal("1.94384")),
}
_INCH: Final = {
    "mm": ("inch", Decimal(1) / Decimal("25.4")),
    "cm": ("inch", Decimal(1) / Decimal("2.54")),
    "m": ("ft", Decimal("3.280839895")),
}


def conversion_of(variable: Variable, units: Units, *, given_in: str | None = None) -> Conversion:
    """How values of `variable` are written under `units`; `given_in` = their unit where the file's is another (m/s)."""
    unit = variable.unit
    provider_unit = served_variables()[variable.name, variable.resolution].provider_unit
    if provider_unit != unit:
        return Conversion(provider_unit, variable.decimals)
    if unit == "km/h":
        text, decimals, factor = _PER_METRE_PER_SECOND[units.wind_speed]
        return Conversion(text, decimals, factor if given_in == "m/s" else _from_kmh(units.wind_speed))
    if unit == "°C" and units.temperature == "fahrenheit":
        return Conversion("°F", 1, Decimal("1.8"), Decimal(32))
    if unit in _INCH and units.precipitation == "inch":
        text, factor = _INCH[unit]
        return Conversion(text, 3, factor)
    return Conversion(unit, variable.decimals)


def _from_kmh(wind_speed: str) -> Decimal:
    return Decimal(1) if wind_speed == "kmh" else _PER_METRE_PER_SECOND[wind_speed][2] / Decimal("3.6")


@lru_cache(maxsize=100_000)
def convert_exactly(value: float, conversion: Conversion) -> float:
    """The exact decimal product of the value's shortest text, rounded half away from zero to the unit's decimals."""
    exact = Decimal(repr(value)) * conversion.factor + conversion.offset
    return float(exact.quantize(Decimal(1).scaleb(-conversion.decimals), ROUND_HALF_UP))
