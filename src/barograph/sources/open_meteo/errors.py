"""What an answer's status asks for: wait, change the request, or look at the address or the key."""

from datetime import datetime
from typing import Final

import requests

from barograph.errors import (
    AccessRefused,
    AnswerBroken,
    AnswerRefused,
    LocationUnserved,
    QuotaExceeded,
    RequestRefused,
    SourceBusy,
    SourceUnavailable,
)
from barograph.sources.http import HttpResponse
from barograph.sources.open_meteo.key import REMEDY
from barograph.sources.open_meteo.retry_after import wait_until

MAX_REASON: Final = 200
"""Characters of a source's own words that are repeated in an error."""

NO_SUCH_LOCATION: Final = "No data is available for this location"
"""How Open-Meteo refuses a whole call for the sake of one location. Source: https://github.com/open-meteo/open-meteo."""

PASSES: Final = frozenset((requests.codes.request_timeout, requests.codes.too_early))
"""4xx that say nothing about the request: it came too slowly, or too early."""

REFUSES_ACCESS: Final = frozenset((requests.codes.unauthorized, requests.codes.forbidden))


def check_status(url: str, response: HttpResponse, reason: str | None, now: datetime) -> None:
    """Sort an answer by its status; `reason` is the API's own text (None = the body is not the API's), `now` UTC.

    Raises:
        QuotaExceeded: 429 that says for how long: wait until then.
        SourceBusy: 5xx that says so.
        SourceUnavailable: the other 429 and 5xx, 408, 425, and a 403 that is not the API's: wait.
        LocationUnserved: it has no data at one of the locations.
        AccessRefused: 401, and 403 in the API's words: change the key.
        RequestRefused: any other 4xx, with the source's words: change the request.
        AnswerBroken: another 2xx: nothing was sent, ask again.
        AnswerRefused: anything else but 200; redirects are not followed.
    """
    status, text = response.status, response.body[:1000].decode(errors="replace") if reason is None else reason
    words = f"{url} answered {status}: {clean(text)}"
    if status in PASSES or status == requests.codes.too_many_requests or status >= requests.codes.server_error:
        raise _wait(words, response, text, now)
    if status == requests.codes.forbidden and reason is None:
        raise SourceUnavailable(
            f"{words} (not in the API's words: a firewall or proxy on the way refuses the request; if it goes on, "
            "ask whoever runs the network, or lower BATCH_LOCATIONS, which makes requests shorter)"
        )
    if status in REFUSES_ACCESS or (status >= requests.codes.bad_request and "API key" in text):
        raise AccessRefused(f"{url} refused the request ({status}): {clean(text)}; {REMEDY}")
    if status >= requests.codes.bad_request:
        refusal = LocationUnserved if NO_SUCH_LOCATION in text else RequestRefused
        raise refusal(f"{url} refused the request ({status}): {clean(text)}")
    if requests.codes.ok < status < requests.codes.multiple_choices:
        raise AnswerBroken(f"{url} answered {status} where 200 was due: {clean(text)}")
    if status != requests.codes.ok:
        raise AnswerRefused(f"{url} answered {status} where 200 was due: check the address in the settings: {clean(text)}")


def _wait(words: str, response: HttpResponse, text: str, now: datetime) -> SourceUnavailable:
    until = wait_until(text, response.retry_after, now)
    if until is None:
        return SourceUnavailable(words)
    kind = QuotaExceeded if response.status == requests.codes.too_many_requests else SourceBusy
    return kind(f"{words} (asked again from {until:%Y-%m-%dT%H:%M:%SZ} on)", until)


def clean(text: str) -> str:
    """At most `MAX_REASON` characters of a source's text, in one line of printable ones."""
    return "".join(character if character.isprintable() else " " for character in text[:MAX_REASON])
