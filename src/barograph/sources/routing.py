"""Who serves which days: the table of Open-Meteo's products, and the addresses they are asked at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

from barograph.errors import RequestRefused
from barograph.model.window import Window
from barograph.settings import Settings

Product = Literal["dwd-icon", "historical-forecast-icon", "archive"]

RECENT_DAYS: Final = 92
"""Days before today that the forecast hosts keep. The server takes 93; the documented 92 leaves a day of slack.
Source: https://open-meteo.com/en/docs (past_days)."""

ICON_ARCHIVE_FROM: Final = date(2022, 11, 24)
"""First day of ICON in the historical forecast. Source: https://open-meteo.com/en/docs/historical-forecast-api."""

ARCHIVE_FROM: Final = date(1940, 1, 1)
"""First day of ERA5. Source: https://open-meteo.com/en/docs/historical-weather-api."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a product is asked, and what it wants to be told beside the question."""

    url: str
    query: Mapping[str, str] = field(default_factory=dict)


STANDIN_PATHS: Final[Mapping[Product, str]] = {
    "dwd-icon": "/api/v1/dwd-icon",
    "historical-forecast-icon": "/historical-forecast/v1/forecast",
    "archive": "/archive/v1/archive",
}


def route(window: Window, today: date) -> Iterator[tuple[Product, Window]]:
    """Which product serves which part of `window`, oldest part first.

    Raises:
        RequestRefused: part of it nobody serves.
    """
    recent_from = today - timedelta(days=RECENT_DAYS)
    if window.start < ARCHIVE_FROM or window.end > today:
        raise RequestRefused(
            f"days {window} are not all served: ask for {ARCHIVE_FROM} to {today - timedelta(days=1)}, the last complete day"
        )
    served: list[tuple[Product, date, date]] = [
        ("archive", ARCHIVE_FROM, ICON_ARCHIVE_FROM),
        ("historical-forecast-icon", ICON_ARCHIVE_FROM, recent_from),
        ("dwd-icon", recent_from, today),
    ]
    for product, first, end in served:
        if max(window.start, first) < min(window.end, end):
            yield product, Window(max(window.start, first), min(window.end, end))


def source_name(product: Product, settings: Settings) -> str:
    """The source as it stands in every key: the stand-in's rows never mix with real ones."""
    return f"{'standin' if settings.open_meteo_mode == 'standin' else 'open-meteo'}/{product}"


def endpoint(source: str, settings: Settings) -> Endpoint:
    """Where the product of `source` is asked.

    Raises:
        RequestRefused: no such product.
    """
    product = source.rpartition("/")[2]
    endpoints: dict[str, Endpoint] = {
        "dwd-icon": Endpoint(settings.base_url),
        "historical-forecast-icon": Endpoint(settings.historical_forecast_url, {"models": "icon_seamless"}),
        "archive": Endpoint(settings.archive_url),
    }
    if product not in endpoints:
        raise RequestRefused(f"source {source!r} is not known: choose among {', '.join(endpoints)}")
    if source.startswith("standin/"):
        return Endpoint(settings.standin_url + STANDIN_PATHS[product], endpoints[product].query)  # type: ignore[index]  # checked above
    return endpoints[product]
