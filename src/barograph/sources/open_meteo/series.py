"""From one location's answer to its series: the time axis, then column by column."""

import logging
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from barograph.errors import AnswerBroken, AnswerRefused
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.variables import Value, Variable, get_variable
from barograph.sources.open_meteo.errors import clean
from barograph.sources.open_meteo.response import Given, LocationResponse
from barograph.sources.open_meteo.variables import served_variables
from barograph.sources.port import Cell, Series

log = logging.getLogger(__name__)

MAX_WHOLE: Final = 2**53
"""Beyond it doubles skip whole numbers."""


def read_series(chunk: Chunk, location: Location, answer: LocationResponse) -> Series:
    """Check one location's answer column by column and put its times into record form.

    Values that are not of their variable's type are passed on as they came: they go to quarantine with their records.

    Raises:
        AnswerBroken: hours are missing.
        AnswerRefused: the section is missing, times are out of order or written in another way, or a column is missing, not as
            long as the axis, or in another unit.
    """
    section, units = (answer.hourly, answer.hourly_units) if chunk.resolution == "hourly" else (answer.daily, answer.daily_units)
    where = f"{chunk}, {location.location_id}"
    if "time" not in section:
        raise AnswerRefused(
            f"{where}: the answer has no section {chunk.resolution!r} with times, which was asked for: nothing was sent. Check "
            "that BASE_URL in .env is the source's own address; if it is, the source has changed: report it"
        )
    asked_times = chunk.window.times(chunk.resolution)
    asked = find_asked_times(section["time"], asked_times, where)
    _tell_unknown(chunk, answer, section, where)
    columns = {}
    for name in chunk.variables:
        variable = get_variable(name, chunk.resolution)
        column = section.get(name)
        if column is None:
            raise AnswerRefused(f"{where}: {name} is missing in the answer")
        if len(column) != len(section["time"]):
            raise AnswerRefused(f"{where}: {name} has {len(column)} values for {len(section['time'])} times")
        check_unit(variable, units.get(name), column, where)
        columns[name] = convert(variable, column[asked], where)
    cell = Cell(answer.latitude, answer.longitude, answer.elevation)
    return Series(location, cell, chunk.window.record_times(chunk.resolution), columns)


def find_asked_times(given: Sequence[Given], asked: Sequence[str], where: str) -> slice:
    """Where the asked times stand in the given axis; times beyond them are left out, and counted in the log.

    Raises:
        AnswerBroken: some are missing.
        AnswerRefused: the axis does not rise, or is written in another way: which value belongs to which hour is not known.
    """
    if given == asked:
        return slice(None)
    if given and all(isinstance(time, int) and not isinstance(time, bool) for time in given):
        raise AnswerRefused(
            f"{where}: the times came as seconds since 1970 (unixtime), iso8601 was asked for: nothing was sent. The address "
            "asked, or a proxy on the way, changes `timeformat`: set BASE_URL in .env to the source's own address"
        )
    texts = [time for time in given if isinstance(time, str) and len(time) == len(asked[0])]
    if len(texts) < len(given) or any(later <= earlier for earlier, later in pairwise(texts)):
        raise AnswerRefused(f"{where}: the time axis does not rise hour by hour as {asked[0]} is written")
    start = texts.index(asked[0]) if asked[0] in texts else 0
    if texts[start : start + len(asked)] != list(asked):
        raise AnswerBroken(f"{where}: the time axis is not the {len(asked)} times asked for")
    log.warning("%s: %d times that were not asked for are left out", where, len(given) - len(asked))
    return slice(start, start + len(asked))


def _tell_unknown(chunk: Chunk, answer: LocationResponse, section: dict[str, list[Given]], where: str) -> None:
    unknown = [*(answer.model_extra or {}), *(name for name in section if name not in {"time", *chunk.variables})]
    if unknown:
        log.warning("%s: the answer holds what was not asked for: %s", where, clean(", ".join(unknown)))


def check_unit(variable: Variable, unit: str | None, column: Sequence[Given], where: str) -> None:
    """Refuse a column in another unit than the variables file's; `undefined` comes with columns that hold no value.

    Raises:
        AnswerRefused: the units differ. Find out whether the host asked is the source, or the source has changed.
    """
    if unit == "undefined" and not any(value is not None for value in column):
        log.warning("%s: the source has no %s: all of it is null", where, variable.name)
        return
    known = dict.fromkeys((variable.unit, served_variables()[variable.name, variable.resolution].provider_unit))
    if unit not in known:
        came = "without a unit" if unit is None else f"in {clean(unit)!r}"
        raise AnswerRefused(
            f"{where}: {variable.name} came {came}, the variables file says {' or '.join(map(repr, known))}: nothing was sent. "
            f"Check that the URL in .env is the source's own and changes no units; if it is, the source has changed: "
            f"leave {variable.name} out of the request until barograph knows the unit, and report it"
        )


def convert(variable: Variable, column: Sequence[Given], where: str) -> Sequence[Value]:
    """The column in record form: values as they are, texts of timestamps as RFC 3339 UTC; None stays None.

    Raises:
        AnswerRefused: a whole number that no double keeps.
    """
    if int in set(map(type, column)) and any(type(value) is int and abs(value) > MAX_WHOLE for value in column):
        raise AnswerRefused(f"{where}: {variable.name} holds whole numbers beyond {MAX_WHOLE}, which no double keeps")
    if variable.type == "timestamp":
        return [f"{value}:00Z" if isinstance(value, str) else value for value in column]
    return column
