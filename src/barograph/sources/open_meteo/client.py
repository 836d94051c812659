"""Open-Meteo as a source: what is asked, and how an answer is read. Source: https://open-meteo.com/en/docs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Final, get_args

from barograph.errors import AnswerBroken, AnswerRefused
from barograph.model.chunk import Chunk
from barograph.model.quota import Call
from barograph.model.request import Wanted
from barograph.settings import Settings
from barograph.sources.destination import Destinations
from barograph.sources.http import Requester
from barograph.sources.open_meteo.addresses import endpoint
from barograph.sources.open_meteo.batching import limits_of, split_into_chunks
from barograph.sources.open_meteo.cost import cost_of
from barograph.sources.open_meteo.errors import check_status, clean
from barograph.sources.open_meteo.key import CREDENTIAL, KEY_HEADER, hide_key, read_key
from barograph.sources.open_meteo.plan import find_still_served, plan_chunks
from barograph.sources.open_meteo.products import AUTO, ONLINE, RECENT_DAYS, SIMULATED, Product
from barograph.sources.open_meteo.response import LocationResponse, Refusal, most_parts, read_body
from barograph.sources.open_meteo.series import read_series
from barograph.sources.open_meteo.variables import list_variables
from barograph.sources.port import Series, SourceInfo, StillServed

UNITS: Final = {"temperature_unit": "celsius", "wind_speed_unit": "kmh", "precipitation_unit": "mm"}
TIME: Final = {"timezone": "GMT", "timeformat": "iso8601"}


INFO: Final = SourceInfo(
    name="open-meteo",
    prefixes=(ONLINE, SIMULATED),
    choices=(AUTO, *get_args(Product)),
    resolutions={"hourly": "calendar", "daily": "calendar"},
    variables=list_variables,
    pool="open_meteo",
    keeps_days=RECENT_DAYS,
    credential=CREDENTIAL,
)


class OpenMeteo:
    """The Open-Meteo API and its simulator, for every product; with an `api_key` at the hosts for customers.

    Raises:
        AccessRefused: see `read_key`.
    """

    info = INFO

    def __init__(self, settings: Settings, requester: Requester | None = None, api_key: str | None = None) -> None:
        self.settings = settings
        self.requester = requester or Requester(destinations=Destinations(settings.named_hosts))
        self._api_key = read_key(api_key)

    @property
    def busy(self) -> int:
        """See `PullSource`: how many answers were 429."""
        return self.requester.busy

    def plan(self, wanted: Wanted, today: date) -> list[Chunk]:
        """See `PullSource`; `auto` asks for each day the product that serves it best."""
        return plan_chunks(wanted, today, self.settings)

    def split(self, chunk: Chunk) -> Iterator[Chunk]:
        """See `PullSource`: the shapes that cost least of the quota."""
        return split_into_chunks(chunk, limits_of(self.settings))

    def call(self, chunk: Chunk) -> Call:
        """See `PullSource`. Customers have no windows. Source: https://open-meteo.com/en/pricing."""
        host = endpoint(chunk.source, self.settings, has_key=self._has_key).host
        return Call(host, cost_of(chunk), None if self._has_key else self.settings.quota)

    def still_served(self, chunk: Chunk, today: date) -> StillServed:
        """See `PullSource`."""
        return find_still_served(chunk, today, self.settings)

    def query(self, chunk: Chunk) -> dict[str, str]:
        """The request as the API takes it: explicit units, GMT, inclusive days, lists by comma."""
        heights = [location.elevation for location in chunk.locations]
        return {
            "latitude": ",".join(location.latitude for location in chunk.locations),
            "longitude": ",".join(location.longitude for location in chunk.locations),
            **({"elevation": ",".join(map(str, heights))} if None not in heights else {}),
            chunk.resolution: ",".join(chunk.variables),
            "start_date": chunk.window.start.isoformat(),
            "end_date": chunk.window.last_day.isoformat(),
            **UNITS,
            **TIME,
            **endpoint(chunk.source, self.settings).query,
        }

    def fetch(self, chunk: Chunk) -> Iterator[Series]:
        """See `PullSource`; one HTTP request, retried for at most two minutes."""
        answers: list[LocationResponse] = self.requester.retrying()(self._ask, chunk)
        if len(answers) != len(chunk.locations):
            raise AnswerRefused(f"{chunk}: {len(chunk.locations)} locations were asked and {len(answers)} answered")
        yield from [read_series(chunk, location, answer) for location, answer in zip(chunk.locations, answers, strict=True)]

    @property
    def _has_key(self) -> bool:
        return self._api_key is not None

    def _ask(self, chunk: Chunk) -> list[LocationResponse]:
        url = endpoint(chunk.source, self.settings, has_key=self._has_key).url
        response = self.requester.ask(url, self.query(chunk), {KEY_HEADER: self._api_key} if self._api_key else {})
        if self._api_key:
            response = replace(response, body=hide_key(response.body, self._api_key))
        try:
            read = read_body(response.body, url, most_parts(chunk))
        except (AnswerBroken, AnswerRefused):
            check_status(url, response, None, self.requester.now())
            raise
        if isinstance(read, Refusal):
            check_status(url, response, read.reason, self.requester.now())
            raise AnswerBroken(f"{url} answered 200 with an error: {clean(read.reason)}")
        check_status(url, response, "", self.requester.now())
        return read


def make_source(settings: Settings, secret: str | None) -> OpenMeteo:
    """Open-Meteo by the settings; `secret` is the API key."""
    return OpenMeteo(settings, api_key=secret)
