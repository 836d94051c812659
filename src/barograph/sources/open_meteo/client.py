"""Open-Meteo: what is asked, and what becomes of the answer. Source: https://open-meteo.com/en/docs."""

from dataclasses import replace

from barograph.errors import AnswerBroken, AnswerRefused
from barograph.model.chunk import Chunk
from barograph.settings import Settings
from barograph.sources.http import HttpResponse, Requester
from barograph.sources.open_meteo.errors import check_status
from barograph.sources.open_meteo.products import endpoint
from barograph.sources.open_meteo.response import LocationResponse, Refusal, read_body
from barograph.sources.open_meteo.series import read_series
from barograph.sources.port import Series

CHUNKS = {"temperature_unit": "celsius", "wind_speed_unit": "kmh", "precipitation_unit": "mm"}
TIME = {"timezone": "GMT", "timeformat": "iso8601"}
KEY_HEADER = "X-Api-Key"
"""Instead of the query's `apikey`: an address may be logged, a header is not."""


class OpenMeteo:
    """The Open-Meteo API and its stand-in, for every product of `routing`; with an `api_key` at the hosts for customers."""

    def __init__(self, settings: Settings, requester: Requester | None = None, api_key: str | None = None) -> None:
        self.settings = settings
        self.requester = requester or Requester()
        self._api_key = api_key

    def query(self, chunk: Chunk) -> dict[str, str]:
        """The question as the API takes it: explicit units, GMT, inclusive days, lists by comma."""
        heights = [location.elevation for location in chunk.locations]
        return {
            "latitude": ",".join(location.latitude for location in chunk.locations),
            "longitude": ",".join(location.longitude for location in chunk.locations),
            **({"elevation": ",".join(map(str, heights))} if None not in heights else {}),
            chunk.resolution: ",".join(chunk.variables),
            "start_date": chunk.window.start.isoformat(),
            "end_date": chunk.window.last_day.isoformat(),
            **CHUNKS,
            **TIME,
            **endpoint(chunk.source, self.settings).query,
        }

    def fetch(self, chunk: Chunk) -> list[Series]:
        """See `Source.fetch`; one HTTP request, retried for at most two minutes."""
        answers: list[LocationResponse] = self.requester.retrying()(self._ask, chunk)
        if len(answers) != len(chunk.locations):
            raise AnswerRefused(f"{chunk}: {len(chunk.locations)} places were asked and {len(answers)} answered")
        return [read_series(chunk, location, answer) for location, answer in zip(chunk.locations, answers, strict=True)]

    def _ask(self, chunk: Chunk) -> list[LocationResponse]:
        url = endpoint(chunk.source, self.settings, is_customer=bool(self._api_key)).url
        reply = self._without_key(
            self.requester.ask(url, self.query(chunk), {KEY_HEADER: self._api_key} if self._api_key else {})
        )
        try:
            read = read_body(reply.body, url)
        except (AnswerBroken, AnswerRefused):
            check_status(url, reply, reply.body[:1000].decode(errors="replace"), self.requester.now())
            raise
        if isinstance(read, Refusal):
            check_status(url, reply, read.reason, self.requester.now())
            raise AnswerBroken(f"{url} answered 200 with an error: {read.reason}")
        check_status(url, reply, "", self.requester.now())
        return read

    def _without_key(self, reply: HttpResponse) -> HttpResponse:
        """The reply as if the source had not repeated the key."""
        if not self._api_key:
            return reply
        return replace(reply, body=reply.body.replace(self._api_key.encode(), b"***"))
