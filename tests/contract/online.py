"""`make contract-online`: ten calls of the hosted API, to see that it still answers as the examples say.

Not collected by itself (its name does not begin with `test_`): it needs the internet and counts against this address's quota.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.sources.http import Requester
from barograph.sources.open_meteo.client import OpenMeteo
from barograph.sources.open_meteo.products import PRODUCTS, Product, endpoint
from tests.contract import open_meteo_shapes as shapes
from tests.contract.open_meteo_recordings import Exchange, Request
from tests.contract.open_meteo_refusals import recognize

pytestmark = pytest.mark.online

TIMEOUT_S: Final = 10
LAST_WEEK: Final = (datetime.now(UTC) - timedelta(days=8)).date()
"""Recent enough for the forecasts, old enough for the archive, which comes five days later."""
LOCATIONS: Final = (Location("46.948", "7.4474"), Location("47.0707", "15.4395"))
COLUMN_OF: Final[dict[Product, str]] = dict.fromkeys(PRODUCTS, "temperature_2m") | {"archive-ensemble": "precipitation_spread"}


@pytest.fixture(scope="session", autouse=True)
def hosts() -> None:
    """End at once where a host cannot be reached, whatever it would answer."""
    addresses = {product: urlsplit(endpoint(f"open-meteo/{product}", Settings()).url) for product in PRODUCTS}
    for scheme, host in sorted({(address.scheme, address.netloc) for address in addresses.values()}):
        try:
            requests.head(f"{scheme}://{host}/", timeout=TIMEOUT_S)
        except requests.RequestException as error:
            pytest.exit(f"{host} cannot be reached ({type(error).__name__}): run this where there is internet", returncode=1)


def ask_icon(**parameters: str) -> tuple[Request, requests.Response]:
    """A GET of dwd-icon with these parameters."""
    url = endpoint("open-meteo/dwd-icon", Settings()).url
    request = Request(urlsplit(url).path, list(parameters.items()))
    return request, requests.get(f"{url}?{urlencode(request.parameters)}", timeout=TIMEOUT_S)


@pytest.mark.parametrize("product", PRODUCTS)
def test_each_product_answers_a_day_in_the_variables_files_units(product: Product) -> None:
    chunk = Chunk(f"open-meteo/{product}", "hourly", LOCATIONS, (COLUMN_OF[product],), Window.from_days(LAST_WEEK, LAST_WEEK))
    fetched = OpenMeteo(Settings(), Requester(retry_for_s=0)).fetch(chunk)
    assert tuple(series.location for series in fetched) == LOCATIONS
    for series in fetched:
        assert list(series.times) == list(chunk.window.record_times("hourly"))
        assert any(value is not None for value in series.columns[COLUMN_OF[product]])


def test_hourly_and_daily_in_one_answer_are_written_as_in_the_examples() -> None:
    request, response = ask_icon(
        latitude=",".join(location.latitude for location in LOCATIONS),
        longitude=",".join(location.longitude for location in LOCATIONS),
        hourly="temperature_2m,precipitation,wind_speed_10m,weather_code",
        daily="sunrise,temperature_2m_max",
        start_date=str(LAST_WEEK),
        end_date=str(LAST_WEEK),
    )
    exchange = Exchange(request, response.text, datetime.now(UTC))
    assert response.status_code == requests.codes.ok
    for check in (shapes.check_layout, shapes.check_units, shapes.check_values, shapes.check_time_axis):
        check(exchange)
    shapes.check_cell(exchange, on_known_grid=False)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("a location that the model does not have", {"latitude": "-12.3", "longitude": "130.9", "models": "icon_d2"}),
        ("an unknown hourly variable", {"latitude": "46.9", "longitude": "7.4", "hourly": "fog_of_war"}),
        (
            "an end before its start",
            {"latitude": "46.9", "longitude": "7.4", "start_date": "2026-02-02", "end_date": "2026-02-01"},
        ),
    ],
)
def test_each_refusal_is_of_its_known_kind_word_for_word(kind: str, parameters: dict[str, str]) -> None:
    _, response = ask_icon(**{"hourly": "rain", **parameters})
    assert recognize(response.status_code, response.text).kind == kind
