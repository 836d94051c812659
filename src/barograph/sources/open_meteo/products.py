"""Who serves which days: the table of Open-Meteo's products, and who is asked for which part of a window."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal, get_args

from barograph.errors import RequestRefused
from barograph.model.window import Window
from barograph.settings import Settings

Product = Literal[
    "dwd-icon",
    "forecast",
    "historical-forecast-icon",
    "historical-forecast",
    "archive",
    "archive-ensemble",
]
AUTO: Final = "auto"
ONLINE, SIMULATED = "open-meteo", "standin"
"""How the sources of rows begin: those of the hosted API or a server like it, and those of the simulator."""

RECENT_DAYS: Final = 92
"""Days before today that the forecast hosts keep. The server takes 93; the documented 92 leaves a day of slack.
Source: https://open-meteo.com/en/docs (past_days)."""


@dataclass(frozen=True, slots=True)
class Provision:
    """A product: its first day (None = it keeps `RECENT_DAYS`), its address and what that wants to be sent with the request.

    `address` is the field of the settings that holds it, `path` the simulator's.
    """

    first_day: date | None
    address: Literal["base_url", "forecast_url", "historical_forecast_url", "archive_url"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)

    def served_days(self, today: date) -> Window:
        """The complete days it serves; `today` is the first that is not over yet."""
        return Window(self.first_day or today - timedelta(days=RECENT_DAYS), today)


PRODUCTS: Final[Mapping[Product, Provision]] = {
    "archive": Provision(date(1940, 1, 1), "archive_url", "archive/v1/archive"),
    "historical-forecast-icon": Provision(
        date(2022, 11, 24), "historical_forecast_url", "historical-forecast/v1/forecast", {"models": "icon_seamless"}
    ),
    "dwd-icon": Provision(None, "base_url", "api/v1/dwd-icon"),
    "forecast": Provision(None, "forecast_url", "api/v1/forecast"),
    "historical-forecast": Provision(date(2016, 1, 1), "historical_forecast_url", "historical-forecast/v1/forecast"),
    "archive-ensemble": Provision(date(1940, 1, 1), "archive_url", "archive/v1/archive", {"models": "era5_ensemble"}),
}
"""First days: https://open-meteo.com/en/docs/historical-weather-api (ERA5), …/historical-forecast-api (ICON), and the range that
the historical forecast's refusals name."""

IN_TURN: Final[tuple[Product, ...]] = ("archive", "historical-forecast-icon", "dwd-icon")
"""What `auto` asks: each until the next one begins to serve."""


def find_product(source: str) -> Product:
    """The product of that name.

    Raises:
        RequestRefused: there is none.
    """
    for product in PRODUCTS:
        if product == source:
            return product
    raise RequestRefused(f"source {source!r} is not known: choose {AUTO}, {', '.join(get_args(Product))}")


def route(window: Window, today: date, source: str = AUTO) -> Iterator[tuple[Product, Window]]:
    """Which product serves which part of `window`, oldest part first; `source` is a product, or `auto`.

    Raises:
        RequestRefused: part of it is not served, or the source is not known.
    """
    products = IN_TURN if source == AUTO else (find_product(source),)
    starts = [PRODUCTS[product].served_days(today).start for product in products]
    if window.start < starts[0] or window.end > today:
        whom = "" if source == AUTO else f" by {source}"
        raise RequestRefused(f"days {window} are not all served{whom}: {_remedy(starts[0], today, source)}")
    for product, first, end in zip(products, starts, [*starts[1:], today], strict=True):
        if max(window.start, first) < min(window.end, end):
            yield product, Window(max(window.start, first), min(window.end, end))


def _remedy(first: date, today: date, source: str) -> str:
    served = f"ask for {first} to {today - timedelta(days=1)}, the last complete day"
    return served if source == AUTO else f"{served}, or set source to {AUTO}"


def source_name(product: Product, settings: Settings) -> str:
    """The source as it is in every key: the simulator's rows never mix with real ones."""
    return f"{SIMULATED if settings.open_meteo_mode == 'standin' else ONLINE}/{product}"
