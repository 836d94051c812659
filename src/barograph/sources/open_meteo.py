"""Open-Meteo: what is asked, and what of the answer is believed. Source: https://open-meteo.com/en/docs."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from barograph.errors import AnswerBroken, AnswerRefused
from barograph.model.location import Location
from barograph.model.unit import Unit
from barograph.model.variables import Value, Variable, VariableType, get_variable
from barograph.settings import Settings
from barograph.sources.http import Requester, check_status
from barograph.sources.port import Cell, Series
from barograph.sources.routing import endpoint

UNITS = {"temperature_unit": "celsius", "wind_speed_unit": "kmh", "precipitation_unit": "mm"}
TYPES: Final[Mapping[VariableType, set[type]]] = {
    "double": {int, float, type(None)},
    "int": {int, type(None)},
    "timestamp": {str, type(None)},
}
MAX_WHOLE: Final = 2**53
"""Beyond it doubles skip whole numbers."""
TIME = {"timezone": "GMT", "timeformat": "iso8601"}


class Answer(BaseModel):
    """One location of an answer, as the API documents it. Extra sections are allowed and ignored."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False, frozen=True)

    latitude: float
    longitude: float
    elevation: float | None = None
    utc_offset_seconds: Literal[0]
    location_id: int = 0
    hourly_units: dict[str, str] = {}
    hourly: dict[str, list[Value]] = {}
    daily_units: dict[str, str] = {}
    daily: dict[str, list[Value]] = {}


class Refusal(BaseModel):
    """The body that comes with an error, also with status 200."""

    error: Literal[True]
    reason: str


BODY: TypeAdapter[Refusal | Answer | list[Answer]] = TypeAdapter(Refusal | Answer | list[Answer])


class OpenMeteo:
    """The Open-Meteo API and its stand-in, for every product of `routing`."""

    def __init__(self, settings: Settings, requester: Requester | None = None) -> None:
        self.settings = settings
        self.requester = requester or Requester()

    def query(self, unit: Unit) -> dict[str, str]:
        """The question as the API takes it: explicit units, GMT, inclusive days, lists by comma."""
        heights = [location.elevation for location in unit.locations]
        return {
            "latitude": ",".join(location.latitude for location in unit.locations),
            "longitude": ",".join(location.longitude for location in unit.locations),
            **({"elevation": ",".join(map(str, heights))} if None not in heights else {}),
            unit.resolution: ",".join(unit.variables),
            "start_date": unit.window.start.isoformat(),
            "end_date": unit.window.last_day.isoformat(),
            **UNITS,
            **TIME,
            **endpoint(unit.source, self.settings).query,
        }

    def fetch(self, unit: Unit) -> list[Series]:
        """See `Source.fetch`; one HTTP request, retried for at most two minutes."""
        answers: list[Answer] = self.requester.retrying()(self._ask, unit)
        if len(answers) != len(unit.locations):
            raise AnswerRefused(f"{unit}: {len(unit.locations)} places were asked and {len(answers)} answered")
        return [read_series(unit, location, answer) for location, answer in zip(unit.locations, answers, strict=True)]

    def _ask(self, unit: Unit) -> list[Answer]:
        url = endpoint(unit.source, self.settings).url
        reply = self.requester.get(url, self.query(unit))
        try:
            body = BODY.validate_json(reply.body)
        except ValidationError as error:
            said = reply.body[:100].decode(errors="replace")
            check_status(url, reply.status, said)
            deepest = max(error.errors(include_input=False), key=lambda one: len(one["loc"]))
            raise AnswerBroken(f"{url}: not a complete answer ({deepest['msg']} at {deepest['loc']}): {said!r}") from error
        if isinstance(body, Refusal):
            check_status(url, reply.status, body.reason)
            raise AnswerBroken(f"{url} answered 200 with an error: {body.reason}")
        check_status(url, reply.status, "")
        return body if isinstance(body, list) else [body]


def read_series(unit: Unit, location: Location, answer: Answer) -> Series:
    """Check one location's answer column by column and put its times into record form.

    Raises:
        AnswerBroken: hours are missing, doubled or out of order, or a column is not as long as the time axis.
        AnswerRefused: a column is missing or has another unit or type than the variables file says.
    """
    section, units = (answer.hourly, answer.hourly_units) if unit.resolution == "hourly" else (answer.daily, answer.daily_units)
    asked_times = unit.window.times(unit.resolution)
    if section.get("time") != asked_times:
        raise AnswerBroken(f"{unit}: the time axis of {location.location_id} is not the {len(asked_times)} times asked for")
    columns = {}
    for name in unit.variables:
        variable = get_variable(name, unit.resolution)
        column = section.get(name)
        if column is None:
            raise AnswerRefused(f"{unit}: {name} is missing in the answer for {location.location_id}")
        if len(column) != len(asked_times):
            raise AnswerBroken(f"{unit}: {name} of {location.location_id} has {len(column)} values for {len(asked_times)} times")
        check_unit(variable, units.get(name), column, where=f"{unit}, {location.location_id}")
        columns[name] = convert(variable, column, where=f"{unit}, {location.location_id}")
    suffix = ":00Z" if unit.resolution == "hourly" else ""
    return Series(
        location,
        Cell(answer.latitude, answer.longitude, answer.elevation),
        [time + suffix for time in asked_times],
        columns,
    )


def check_unit(variable: Variable, unit: str | None, column: Sequence[Value], where: str) -> None:
    """Refuse a column in another unit than the variables file's; `undefined` comes with columns that hold no value.

    Raises:
        AnswerRefused: the units differ.
    """
    if unit == "undefined" and not any(value is not None for value in column):
        return
    if unit != variable.unit:
        raise AnswerRefused(f"{where}: {variable.name} came in {unit!r}, the variables file says {variable.unit!r}")


def convert(variable: Variable, column: Sequence[Value], where: str) -> Sequence[Value]:
    """The column in record form: numbers as they are, timestamps as RFC 3339 UTC; None stays None.

    Raises:
        AnswerRefused: a value is not of the variable's type.
    """
    strange = {type(value) for value in column}.difference(TYPES[variable.type])
    if strange:
        raise AnswerRefused(f"{where}: {variable.name} holds {strange.pop().__name__} values where {variable.type} is due")
    if any(type(value) is int and abs(value) > MAX_WHOLE for value in column):
        raise AnswerRefused(f"{where}: {variable.name} holds whole numbers beyond {MAX_WHOLE}, which no double keeps")
    if variable.type == "timestamp":
        return [None if value is None else f"{value}:00Z" for value in column]
    return column
