"""Where an answer's values come from: made-up weather or a replayed file, one hourly column per variable."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

from stack.standin.derived import RECIPES
from stack.standin.levels import find_recipe
from stack.standin.profiles import hour_of_day
from stack.standin.spans import Span
from stack.standin.weather import Weather


class Columns(Protocol):
    """Hourly values of one place for whole UTC days."""

    is_exact: bool
    """Whether values are decimals to be kept as they are, converted exactly."""
    first_hour: int
    """Hour since 1970 of the first value of every column."""

    def hourly(self, name: str) -> Sequence[float | None]:
        """The column, one value per hour; None = the source has no value."""

    def given_in(self, name: str) -> str | None:
        """The unit of the column where it is not the variables file's."""


def whole_days(span: Span) -> Span:
    """The whole UTC days that hold both of the span's ranges."""
    first = min(span.first_hour // 24, hour_of_day(span.first_day) // 24)
    end = max(-(-span.end_hour // 24), hour_of_day(span.first_day) // 24 + span.days)
    return Span(first * 24, end * 24, date(1970, 1, 1) + timedelta(days=first), end - first)


class MadeUpColumns:
    """Made-up weather; hours outside `hours_with_data` (half-open, since 1970) have no value."""

    is_exact = False

    def __init__(self, weather: Weather, hours_with_data: tuple[int, int]) -> None:
        self.weather = weather
        self.first_hour = weather.first_hour
        first, end = (hour - weather.first_hour for hour in hours_with_data)
        self._before, self._end = max(0, first), max(0, end)

    def hourly(self, name: str) -> Sequence[float | None]:
        """See `Columns`."""
        values = (find_recipe(name) or RECIPES[name])(self.weather)
        count = len(values)
        if not self._before and self._end >= count:
            return values
        before = min(self._before, count)
        shown = values[before : max(before, self._end)]
        return [None] * before + list(shown) + [None] * (count - before - len(shown))

    def given_in(self, name: str) -> str | None:
        """See `Columns`: everything is in the variables file's units."""
        return None
