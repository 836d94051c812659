"""Query parameters as the hosted API decodes them: lists, numbers, days and enumerations, each with its refusal."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from urllib.parse import unquote_plus

from stack.standin import errors
from stack.standin.errors import Refused

NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|nan", re.IGNORECASE)
DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")

ENUMERATIONS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "temperature_unit": ("TemperatureUnit", ("celsius", "fahrenheit")),
    "wind_speed_unit": ("WindspeedUnit", ("kmh", "ms", "mph", "kn")),
    "windspeed_unit": ("WindspeedUnit", ("kmh", "ms", "mph", "kn")),
    "precipitation_unit": ("PrecipitationUnit", ("mm", "inch")),
    "timeformat": ("Timeformat", ("iso8601", "unixtime")),
    "cell_selection": ("GridSelectionMode", ("land", "sea", "nearest")),
    "temporal_resolution": ("ApiTemporalResolution", ("native", "hourly", "hourly_1", "hourly_3", "hourly_6")),
    "format": ("ForecastResultFormat", ("json",)),
}
"""Closed parameters: the type's name in the refusal, and the values; the first is the default."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Elements by name, as they were sent: a list is split at raw commas, an element with %2C stays whole."""

    elements: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, encoded: str) -> "Parameters":
        """Read a query string or a form body."""
        elements: dict[str, list[str]] = {}
        for pair in filter(None, encoded.split("&")):
            name, _, value = pair.partition("=")
            elements.setdefault(unquote_plus(name), []).extend(unquote_plus(part) for part in value.split(","))
        return cls(elements)

    def __contains__(self, name: str) -> bool:
        return name in self.elements

    def items_of(self, name: str) -> list[tuple[str, str]]:
        """Every value of a list with the element that it came in; empty elements count as nothing."""
        elements = (element for element in self.elements.get(name, ()) if element)
        return [(item, element) for element in elements for item in re.split(r"[,|]", element)]

    def names(self, name: str, known: Iterable[str], type_name: str) -> tuple[str, ...]:
        """A list of names. Refused: one that is not among `known`; the element it came in is echoed."""
        allowed = frozenset(known)
        for item, element in self.items_of(name):
            if item not in allowed:
                raise Refused(errors.CANNOT_INITIALIZE.format("", type_name, element))
        return tuple(item for item, _ in self.items_of(name))

    def numbers(self, name: str) -> list[float]:
        """A list of numbers, scientific notation and `nan` included."""
        for item, element in self.items_of(name):
            if not NUMBER.fullmatch(item):
                raise Refused(errors.CANNOT_INITIALIZE.format("", "Float", element))
        return [float(item) for item, _ in self.items_of(name)]

    def integers(self, name: str) -> list[int]:
        """A list of whole numbers."""
        for item, element in self.items_of(name):
            if not re.fullmatch(r"[+-]?\d+", item):
                raise Refused(errors.CANNOT_INITIALIZE.format("", "Int", element))
        return [int(item) for item, _ in self.items_of(name)]

    def integer(self, name: str) -> int | None:
        """One whole number; None = not given."""
        if name not in self.elements:
            return None
        text = self.elements[name][0]
        if not re.fullmatch(r"[+-]?\d+", text):
            raise Refused(errors.NOT_AN_INTEGER.format(name))
        return int(text)

    def days(self, name: str) -> list[date]:
        """A list of days. The hosted API rolls 02-31 over into March, so this does too."""
        return [_day(item) for item, _ in self.items_of(name)]

    def hour_days(self, name: str) -> list[date]:
        """The days of a list of hours, YYYY-MM-DDThh[:mm[:ss]]."""
        return [_day(item.partition("T")[0]) for item, _ in self.items_of(name)]

    def choice(self, name: str) -> str:
        """The value of a closed parameter, or its default."""
        type_name, values = ENUMERATIONS[name]
        if name not in self.elements:
            return values[0]
        value = self.elements[name][0]
        if value not in values:
            raise Refused(errors.CANNOT_INITIALIZE.format(name, type_name, value))
        return value


def _day(text: str) -> date:
    match = DAY.fullmatch(text)
    if match is None:
        raise Refused(errors.DATE_FORMAT)
    year, month, day = (int(part) for part in match.groups())
    if not (1900 <= year <= 2050 and 1 <= month <= 12 and 1 <= day <= 31):
        raise Refused(errors.DATE)
    return date(year, month, 1) + timedelta(days=day - 1)
