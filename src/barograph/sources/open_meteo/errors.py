"""What an answer's status asks for: wait, change the request, or look at the address."""

from datetime import datetime
from typing import Final

import requests

from barograph.errors import AnswerBroken, AnswerRefused, LocationUnserved, RequestRefused, SourceBusy, SourceUnavailable
from barograph.sources.http import HttpResponse
from barograph.sources.open_meteo.retry_after import wait_until

MAX_REASON: Final = 200
"""Characters of a source's own words that are repeated in an error."""

NO_SUCH_PLACE: Final = "No data is available for this location"
"""How Open-Meteo refuses a whole call for the sake of one place. Source: https://github.com/open-meteo/open-meteo."""


def check_status(url: str, reply: HttpResponse, reason: str, now: datetime) -> None:
    """Sort an answer by its status; `reason` is the source's own text, `now` UTC.

    Raises:
        SourceBusy: 429 and 5xx that say for how long: wait until then.
        SourceUnavailable: the other 429 and 5xx: wait.
        LocationUnserved: it has no data at one of the places.
        RequestRefused: any other 4xx, with the source's words: change the request, or the key.
        AnswerBroken: another 2xx: nothing was sent, ask again.
        AnswerRefused: anything else but 200; redirects are not followed.
    """
    status, said = reply.status, clean(reason)
    if status == requests.codes.too_many_requests or status >= requests.codes.server_error:
        until = wait_until(reason, reply.retry_after, now)
        if until is None:
            raise SourceUnavailable(f"{url} answered {status}: {said}")
        raise SourceBusy(f"{url} answered {status}: {said} (asked again from {until:%Y-%m-%dT%H:%M:%SZ} on)", until)
    if status in {requests.codes.unauthorized, requests.codes.forbidden} or "API key" in reason:
        raise RequestRefused(
            f"{url} refused the request ({status}): {said}. The key is OPEN_METEO_API_KEY in .env: correct it there, "
            "then run ./startup.sh"
        )
    if status >= requests.codes.bad_request:
        refusal = LocationUnserved if NO_SUCH_PLACE in reason else RequestRefused
        raise refusal(f"{url} refused the request ({status}): {said}")
    if requests.codes.ok < status < requests.codes.multiple_choices:
        raise AnswerBroken(f"{url} answered {status} where 200 was due: {said}")
    if status != requests.codes.ok:
        raise AnswerRefused(f"{url} answered {status} where 200 was due: check the address in the settings. It said: {said}")


def clean(text: str) -> str:
    """At most `MAX_REASON` characters of a source's text, in one line of printable ones."""
    return "".join(one if one.isprintable() else " " for one in text[:MAX_REASON])
