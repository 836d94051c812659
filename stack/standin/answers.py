"""The JSON text of an answer: keys in the hosted API's order, without whitespace. Source: recorded answers."""

import json
import math
from collections.abc import Sequence

from barograph.model.variables import get_variable
from stack.standin.columns import Columns, MadeUpColumns, whole_days
from stack.standin.daily import DailyColumns
from stack.standin.digits import numbers_text
from stack.standin.grid import float32_text
from stack.standin.places import Place
from stack.standin.question import Question
from stack.standin.replay import Replay
from stack.standin.times import INSTANTS, day_labels, hour_labels, instant_text, rising_or_setting
from stack.standin.units import Conversion, conversion_of
from stack.standin.weather import Weather, terrain_height

UNDEFINED = "undefined"
"""Unit of a variable that the model does not have; its values are all null."""
Section = list[tuple[str, str, str]]
"""Name, unit and the text between the brackets; the time axis comes first."""


def write_answer(question: Question, replay: Replay | None, spent_ms: float) -> str:
    """The body: an object for one result, an array for several, nothing for none."""
    results = [_result(question, place, replay, spent_ms) for place in question.places]
    return f"[{','.join(results)}]" if len(results) > 1 else "".join(results)


def _result(question: Question, place: Place, replay: Replay | None, spent_ms: float) -> str:
    elevation = terrain_height(place.latitude, place.longitude) if place.elevation is None else place.elevation
    parts = [
        f'"latitude":{float32_text(place.cell.latitude)}',
        f'"longitude":{float32_text(place.cell.longitude)}',
        f'"generationtime_ms":{spent_ms!r}',
        '"utc_offset_seconds":0,"timezone":"GMT","timezone_abbreviation":"GMT"',
    ]
    if math.isfinite(elevation):
        parts.append(f'"elevation":{float32_text(elevation)}')
    if place.location_id:
        parts.append(f'"location_id":{place.location_id}')
    days = whole_days(place.span)
    columns: Columns = (
        MadeUpColumns(Weather(place.cell, days.first_day, days.days), question.hours_with_data)
        if replay is None
        else replay.columns(place.latitude, place.longitude, days)
    )
    if question.hourly:
        parts += _section("hourly", _hourly(question, place, columns))
    if question.daily:
        parts += _section("daily", _daily(question, place, columns))
    return f"{{{','.join(parts)}}}"


def _section(name: str, columns: Section) -> list[str]:
    units = ",".join(f'"{key}":{json.dumps(unit, ensure_ascii=False)}' for key, unit, _ in columns)
    values = ",".join(f'"{key}":[{text}]' for key, _, text in columns)
    return [f'"{name}_units":{{{units}}}', f'"{name}":{{{values}}}']


def _hourly(question: Question, place: Place, columns: Columns) -> Section:
    first, end = place.span.first_hour, place.span.end_hour
    section = [("time", question.time_unit, hour_labels(first, end, question.is_unixtime))]
    for name in question.hourly:
        if question.model.has(name, "hourly"):
            conversion = conversion_of(get_variable(name, "hourly"), question.units, given_in=columns.given_in(name))
            values = columns.hourly(name)[first - columns.first_hour : end - columns.first_hour]
            section.append(_written(name, values, conversion, is_exact=columns.is_exact))
        else:
            section.append((name, UNDEFINED, _nulls(end - first)))
    return section


def _daily(question: Question, place: Place, columns: Columns) -> Section:
    days, daily = place.span.each_day(), DailyColumns(columns, place)
    section = [("time", question.time_unit, day_labels(days, question.is_unixtime))]
    for name in question.daily:
        if not question.model.has(name, "daily"):
            section.append((name, UNDEFINED, _nulls(len(days))))
        elif name in INSTANTS:
            instants = (rising_or_setting(name, day, place.cell) for day in days)
            text = ",".join(instant_text(instant, question.is_unixtime) for instant in instants)
            section.append((name, question.time_unit, text))
        else:
            conversion = conversion_of(get_variable(name, "daily"), question.units, given_in=daily.given_in(name))
            section.append(_written(name, daily.values(name), conversion, is_exact=daily.is_exact))
    return section


def _written(name: str, values: Sequence[float | None], conversion: Conversion, *, is_exact: bool) -> tuple[str, str, str]:
    return name, conversion.unit, numbers_text(values, conversion, is_exact=is_exact)


def _nulls(count: int) -> str:
    return ",".join(["null"] * count)
