"""What the hosted endpoints differ in: allowed days, default windows, models and the variables these have."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal

from barograph.model.resolution import Resolution
from barograph.sources.open_meteo.variables import products_of
from stack.standin.grid import ERA5, ERA5_ENSEMBLE, ERA5_LAND, ICON_D2, ICON_EU, ICON_GLOBAL, Grid

Family = Literal["icon", "era5", "ensemble", "best"]
SERVES: Final[Mapping[Family, frozenset[str]]] = {
    "icon": frozenset({"dwd-icon", "historical-forecast-icon"}),
    "era5": frozenset({"archive"}),
    "ensemble": frozenset({"archive-ensemble"}),
    "best": frozenset({"forecast", "historical-forecast", "dwd-icon"}),
}
"""The products whose variables a family of models has."""

ICON_HORIZON: Final = timedelta(hours=180)
"""ICON Global reaches 7.5 days past its run; later hours are null. Source: open-meteo.com/en/docs/dwd-api."""
ICON_ARCHIVE_START: Final = date(2022, 11, 24)
"""First day of archived ICON data. Source: open-meteo.com/en/docs/historical-forecast-api."""
ERA5_DELAY: Final = timedelta(days=5)
"""How far ERA5 is behind; later hours are null. Source: open-meteo.com/en/docs/historical-weather-api."""


@dataclass(frozen=True, slots=True)
class Model:
    """A weather model: its grids (the finest that covers a point answers) and which variables it has."""

    family: Family
    grids: tuple[Grid, ...]

    def has(self, name: str, resolution: Resolution) -> bool:
        """Whether the model has the variable; one that it lacks is answered as nulls with unit `undefined`."""
        return not SERVES[self.family].isdisjoint(products_of(name, resolution))


_SEAMLESS: Final = (ICON_D2, ICON_EU, ICON_GLOBAL)
_ICON: Final = Model("icon", _SEAMLESS)
_ERA5: Final = Model("era5", (ERA5,))

MODELS: Final[Mapping[str, Model]] = {
    "best_match": Model("best", _SEAMLESS),
    "icon_seamless": _ICON,
    "icon_global": Model("icon", (ICON_GLOBAL,)),
    "icon_eu": Model("icon", (ICON_EU,)),
    "icon_d2": Model("icon", (ICON_D2,)),
    "archive_best_match": _ERA5,
    "era5": _ERA5,
    "era5_seamless": _ERA5,
    "era5_land": Model("era5", (ERA5_LAND,)),
    "era5_ensemble": Model("ensemble", (ERA5_ENSEMBLE,)),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """One endpoint of the hosted API. Days are UTC; `first_day` wins over `days_back`."""

    path: str
    default_model: str
    best_match: str
    days_ahead: int
    forecast_days: int
    forecast_days_limit: int
    first_day: date | None = None
    days_back: int = 93
    is_customer: bool = False

    @property
    def host(self) -> str:
        """The hosted twin's name: the beginning of `path` says which."""
        name = self.path.split("/")[1].removeprefix("customer-")
        host = "api.open-meteo.com" if name == "api" else f"{name}-api.open-meteo.com"
        return f"customer-{host}" if self.is_customer else host

    @property
    def needs_professional(self) -> bool:
        """Whether the smallest paid plan does not have it."""
        return self.is_customer and not self.host.startswith("customer-api.")

    def allowed_days(self, today: date) -> tuple[date, date]:
        """First and last day that may be asked for, both inclusive."""
        first = self.first_day or today - timedelta(days=self.days_back)
        return first, today + timedelta(days=self.days_ahead)

    def hours_with_data(self, model_name: str, now: datetime) -> tuple[int, int]:
        """Half-open range of hours since 1970 in which the model has values; others are null."""
        first, last = 0, hour_of(now + timedelta(days=366))
        if model_name in {"era5", "era5_land", "era5_ensemble"}:
            last = hour_of(now - ERA5_DELAY)
        if MODELS[model_name].family == "icon":
            last = hour_of(now) // 6 * 6 + ICON_HORIZON // timedelta(hours=1) + 1
            first = hour_of_day(ICON_ARCHIVE_START)
        if MODELS[model_name].family in {"era5", "ensemble"}:
            first = hour_of_day(date(1940, 1, 1))
        return first, last


def hour_of(instant: datetime) -> int:
    """Whole hours since 1970-01-01T00:00Z."""
    return int(instant.timestamp() // 3600)


def hour_of_day(day: date) -> int:
    """The first hour of a UTC day, in hours since 1970-01-01T00:00Z."""
    return (day - date(1970, 1, 1)).days * 24


_FREE: Final = (
    Profile("/api/v1/dwd-icon", "icon_seamless", "best_match", 15, 7, 16),
    Profile("/api/v1/forecast", "best_match", "best_match", 15, 7, 16),
    Profile("/archive/v1/archive", "archive_best_match", "archive_best_match", 0, 1, 1, date(1940, 1, 1)),
    Profile("/historical-forecast/v1/forecast", "best_match", "best_match", 15, 1, 16, date(2016, 1, 1)),
)
_CUSTOMER: Final = tuple(replace(profile, path=f"/customer-{profile.path[1:]}", is_customer=True) for profile in _FREE)
PROFILES: Final[Mapping[str, Profile]] = {profile.path: profile for profile in (*_FREE, *_CUSTOMER)}
"""By path; its beginning stands for the host."""
