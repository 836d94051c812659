"""Open-Meteo: what is asked, and what becomes of the answer. Source: https://open-meteo.com/en/docs."""

from dataclasses import replace

from barograph.errors import AnswerBroken, AnswerRefused
from barograph.model.unit import Unit
from barograph.settings import Settings
from barograph.sources.answer import Answer, Refusal, read_body
from barograph.sources.http import Reply, Requester
from barograph.sources.port import Series
from barograph.sources.routing import endpoint
from barograph.sources.series import read_series
from barograph.sources.status import check_status

UNITS = {"temperature_unit": "celsius", "wind_speed_unit": "kmh", "precipitation_unit": "mm"}
TIME = {"timezone": "GMT", "timeformat": "iso8601"}
KEY_HEADER = "X-Api-Key"
"""Instead of the query's `apikey`: an address may be logged, a header is not."""


class OpenMeteo:
    """The Open-Meteo API and its stand-in, for every product of `routing`; with an `api_key` at the hosts for customers."""

    def __init__(self, settings: Settings, requester: Requester | None = None, api_key: str | None = None) -> None:
        self.settings = settings
        self.requester = requester or Requester()
        self._api_key = api_key

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
        url = endpoint(unit.source, self.settings, is_customer=bool(self._api_key)).url
        reply = self._without_key(self.requester.ask(url, self.query(unit), {KEY_HEADER: self._api_key} if self._api_key else {}))
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

    def _without_key(self, reply: Reply) -> Reply:
        """The reply as if the source had not repeated the key."""
        if not self._api_key:
            return reply
        return replace(reply, body=reply.body.replace(self._api_key.encode(), b"***"))
