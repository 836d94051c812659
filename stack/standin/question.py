"""A request, decoded and checked in the hosted API's order: the first thing that is wrong is what it names."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import available_timezones

from barograph.model.variables import all_variables
from stack.standin import errors
from stack.standin.errors import Refused
from stack.standin.parameters import ENUMERATIONS, Parameters
from stack.standin.places import Coordinates, Place, read_places
from stack.standin.profiles import MODELS, Model, Profile
from stack.standin.spans import Dates
from stack.standin.units import Units

MAX_WEIGHT: Final = 5000
HOURLY_NAMES: Final = frozenset(name for name, resolution in all_variables() if resolution == "hourly")
DAILY_NAMES: Final = frozenset(name for name, resolution in all_variables() if resolution == "daily")
UNSUPPORTED: Final = (
    *("current", "current_weather", "minutely_15", "start_hour", "end_hour", "start_minutely_15"),
    *("end_minutely_15", "past_minutely_15", "forecast_minutely_15", "run", "temporal_resolution"),
)


@dataclass(frozen=True, slots=True)
class Question:
    """A request that can be answered. `places` may be empty: the hosted API answers that with an empty body.

    `hours_with_data` is the half-open range of hours since 1970 in which the model has values; others are null.
    """

    model: Model
    hours_with_data: tuple[int, int]
    places: tuple[Place, ...]
    hourly: tuple[str, ...]
    daily: tuple[str, ...]
    units: Units
    is_unixtime: bool
    weight: float

    @property
    def time_unit(self) -> str:
        """Unit text of the time axes."""
        return "unixtime" if self.is_unixtime else "iso8601"


def read_question(parameters: Parameters, profile: Profile, now: datetime) -> Question:
    """Decode and check a request.

    Raises:
        Refused: with the hosted API's text for the first thing that is wrong.
    """
    coordinates, dates = Coordinates.decode(parameters), Dates.decode(parameters)
    timezones = _read_timezones(parameters)
    units = _read_units(parameters)
    _check_hours(parameters, profile, now)
    _check_supported(parameters)
    model_name = _read_model(parameters, profile)
    hourly = parameters.names("hourly", HOURLY_NAMES, errors.HOURLY_TYPE)
    daily = parameters.names("daily", DAILY_NAMES, errors.DAILY_TYPE)
    dates.check()
    coordinates.check()
    if timezones > 1 and timezones != len(coordinates.latitudes):
        raise Refused(errors.TIMEZONE_COUNT)
    places = read_places(coordinates, dates, profile, MODELS[model_name], now)
    weight = sum(_weight(len(hourly) + len(daily), place.span.days) for place in places)
    if weight > MAX_WEIGHT:
        raise Refused(errors.TOO_MUCH_DATA)
    is_unixtime = parameters.choice("timeformat") == "unixtime"
    has_data = profile.hours_with_data(model_name, now)
    return Question(MODELS[model_name], has_data, places, hourly, daily, units, is_unixtime, weight)


def _read_timezones(parameters: Parameters) -> int:
    zones = [item for item, _ in parameters.items_of("timezone")]
    for zone in zones:
        if zone not in {"GMT", "UTC"}:
            is_a_zone = zone == "auto" or zone in available_timezones()
            raise Refused(errors.STANDIN_GMT_ONLY if is_a_zone else errors.TIMEZONE)
    return len(zones)


def _read_units(parameters: Parameters) -> Units:
    chosen = {name: parameters.choice(name) for name in ENUMERATIONS}
    wind = chosen["wind_speed_unit"] if "wind_speed_unit" in parameters else chosen["windspeed_unit"]
    return Units(chosen["temperature_unit"], wind, chosen["precipitation_unit"])


def _check_hours(parameters: Parameters, profile: Profile, now: datetime) -> None:
    first, last = profile.allowed_days(now.date())
    for name in ("start_hour", "end_hour"):
        if any(not first <= day <= last for day in parameters.hour_days(name)):
            raise Refused(errors.DATE_RANGE.format(name, first, last))


def _check_supported(parameters: Parameters) -> None:
    for name in UNSUPPORTED:
        if name in parameters and parameters.elements[name][0] not in {"native", "hourly"}:
            raise Refused(errors.STANDIN_LACKS.format(name))


def _read_model(parameters: Parameters, profile: Profile) -> str:
    names = parameters.names("models", MODELS, errors.MODEL_TYPE)
    if len(names) > 1:
        raise Refused(errors.STANDIN_ONE_MODEL)
    name = names[0] if names else profile.default_model
    return profile.best_match if name == "best_match" else name


def _weight(variables: int, days: int) -> float:
    return max(1, variables / 10, variables / 10 * days / 14)
