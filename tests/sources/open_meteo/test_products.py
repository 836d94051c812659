from datetime import date

import pytest

from barograph.errors import RequestRefused
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources.open_meteo.addresses import endpoint
from barograph.sources.open_meteo.products import PRODUCTS, route, source_name

TODAY = date(2026, 11, 22)
ONLINE, STANDIN = Settings(open_meteo_mode="online"), Settings(open_meteo_mode="standin")


def served(first_day: str, last_day: str) -> list[tuple[str, str]]:
    """Who serves these days, as seen on 2026-11-22."""
    window = Window.from_days(date.fromisoformat(first_day), date.fromisoformat(last_day))
    return [(product, str(part)) for product, part in route(window, TODAY)]


@pytest.mark.parametrize(
    ("day", "product"),
    [
        ("2026-11-21", "dwd-icon"),
        ("2026-08-22", "dwd-icon"),  # 92 days before today
        ("2026-08-21", "historical-forecast-icon"),
        ("2022-11-24", "historical-forecast-icon"),
        ("2022-11-23", "archive"),
        ("1940-01-01", "archive"),
    ],
)
def test_each_day_has_one_product(day: str, product: str) -> None:
    assert served(day, day) == [(product, f"{day}..{day}")]


@pytest.mark.parametrize(("first", "last"), [("1939-12-31", "1940-01-02"), ("2026-11-20", "2026-11-22")])
def test_days_that_nobody_serves_are_refused(first: str, last: str) -> None:
    with pytest.raises(RequestRefused, match="ask for 1940-01-01 to 2026-11-21, the last complete day"):
        served(first, last)


def test_a_window_over_all_products_is_cut_at_their_borders_oldest_first() -> None:
    assert served("2022-11-20", "2026-11-21") == [
        ("archive", "2022-11-20..2022-11-23"),
        ("historical-forecast-icon", "2022-11-24..2026-08-21"),
        ("dwd-icon", "2026-08-22..2026-11-21"),
    ]


@pytest.mark.parametrize("product", ["dwd-icon", "forecast", "historical-forecast-icon", "historical-forecast", "archive"])
def test_each_product_is_asked_at_its_own_address(product: str) -> None:
    addresses = {
        "dwd-icon": "https://api.open-meteo.com/v1/dwd-icon",
        "forecast": "https://api.open-meteo.com/v1/forecast",
        "historical-forecast": "https://historical-forecast-api.open-meteo.com/v1/forecast",
        "historical-forecast-icon": "https://historical-forecast-api.open-meteo.com/v1/forecast",
        "archive": "https://archive-api.open-meteo.com/v1/archive",
    }
    assert endpoint(f"open-meteo/{product}", ONLINE).url == addresses[product]


def test_only_products_of_one_model_at_a_shared_address_name_it() -> None:
    told = {product: dict(endpoint(f"open-meteo/{product}", ONLINE).query) for product in PRODUCTS}
    assert {product: query for product, query in told.items() if query} == {
        "historical-forecast-icon": {"models": "icon_seamless"},
        "archive-ensemble": {"models": "era5_ensemble"},
    }


def test_those_who_pay_are_asked_at_the_customer_hosts() -> None:
    assert endpoint("open-meteo/archive", ONLINE, has_key=True).url == "https://customer-archive-api.open-meteo.com/v1/archive"
    assert endpoint("standin/dwd-icon", STANDIN, has_key=True).url == "http://127.0.0.1:8765/customer-api/v1/dwd-icon"


def test_rows_of_the_standin_have_sources_of_their_own() -> None:
    assert (source_name("archive", STANDIN), source_name("archive", ONLINE)) == ("standin/archive", "open-meteo/archive")


def test_a_standin_source_is_asked_at_the_standin() -> None:
    assert endpoint("standin/historical-forecast-icon", STANDIN).url == "http://127.0.0.1:8765/historical-forecast/v1/forecast"


def test_a_real_source_is_never_asked_at_the_standin() -> None:
    assert endpoint("open-meteo/archive", STANDIN).url == "https://archive-api.open-meteo.com/v1/archive"


def test_an_unknown_product_is_refused() -> None:
    with pytest.raises(RequestRefused, match="choose auto, dwd-icon, forecast, historical-forecast-icon"):
        endpoint("open-meteo/gfs", ONLINE)
