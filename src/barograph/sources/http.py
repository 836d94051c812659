"""One HTTP client for every source: deadlines, size limits, retries. It knows nothing of weather."""

import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

import requests
import requests.exceptions as failures
import tenacity
from urllib3.exceptions import HTTPError, LocationParseError

from barograph.errors import (
    AccessRefused,
    AnswerBroken,
    AnswerTooLarge,
    BarographError,
    SourceBusy,
    SourceUnavailable,
    Transient,
)
from barograph.sources.deadline import Deadline
from barograph.sources.destination import Destinations

log = logging.getLogger(__name__)

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
"""A chunk's answer is a few MiB; anything near this is not one."""

MAX_URL: Final = 7_000
"""Characters of a GET. Servers refuse somewhere above about 8 KB; longer requests go as a form."""

SLACK_S: Final = 1.0
"""Waited beyond the instant a source names, so that its clock is there too."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A complete answer: its status, its whole body, and the header Retry-After (None = it has none)."""

    status: int
    body: bytes
    retry_after: str | None = None


@dataclass
class Requester:
    """Asks with a deadline over the whole request; `ask` tries once, `retrying` goes on for at most `retry_for_s`.

    `busy` counts the answers 429. `destinations`: where its connections may lead, unless a proxy of the environment makes them.
    """

    deadline_s: float = 60
    retry_for_s: float = 120
    session: requests.Session = field(default_factory=requests.Session)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    busy: int = 0
    destinations: Destinations = field(default_factory=Destinations)

    def __post_init__(self) -> None:
        """Deadline over the session's connections."""
        self._watch = Deadline(self.session, self.destinations)

    def ask(self, url: str, query: Mapping[str, str], headers: Mapping[str, str] | None = None) -> HttpResponse:
        """One request, no redirects: GET, or POST where the address would get too long.

        Raises:
            SourceUnavailable: no connection, no TLS, no answer in time.
            AnswerBroken: the body is cut.
            AnswerTooLarge: it is larger than `MAX_BODY_BYTES`.
            AccessRefused: the host's certificate is not trusted, its address is none of the `destinations`, `url` is none, or a
                header cannot be sent.
        """
        with self._watch.over(self.deadline_s) as has_passed:
            is_sendable = True
            try:
                response = self._ask(url, urlencode(query, safe=",:"), dict(headers or {}))
            except failures.InvalidHeader:
                is_sendable = False
            except (failures.RequestException, HTTPError) as error:
                if not has_passed.is_set():
                    raise _sort(error, url) from error
            except ValueError:  # from http.client, of headers that requests lets pass
                is_sendable = False
            if has_passed.is_set():
                raise SourceUnavailable(f"{url}: no complete answer within {self.deadline_s:g} s")
            if not is_sendable:  # raised here, so that no cause of it shows the header, which may be a secret
                raise AccessRefused(
                    f"{url}: a header of the request holds what no header may hold (a line break, a leading blank, no latin "
                    "letter). It may be a secret, so it is not shown: correct the API key in .env"
                )
            return response

    def _ask(self, url: str, encoded: str, headers: dict[str, str]) -> HttpResponse:
        is_long = len(url) + len(encoded) > MAX_URL
        method, address = ("POST", url) if is_long else ("GET", f"{url}?{encoded}")
        if is_long:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with self.session.request(
            method,
            address,
            data=encoded if is_long else None,
            headers=headers,
            stream=True,
            timeout=(5, 30),
            allow_redirects=False,
        ) as response:
            self.busy += response.status_code == requests.codes.too_many_requests
            return HttpResponse(response.status_code, _read(response, url), response.headers.get("Retry-After"))

    def retrying(self) -> tenacity.Retrying:
        """The one retry policy: transient errors only, exponential with jitter or when the source says, and the last as it is."""
        backoff = tenacity.wait_random_exponential(multiplier=1, max=30)

        def wait(state: tenacity.RetryCallState) -> float:
            """Seconds until the next try."""
            error = state.outcome.exception() if state.outcome else None
            if isinstance(error, SourceBusy):
                return max(0.0, (error.wait_until - self.now()).total_seconds()) + SLACK_S
            return backoff(state)

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Transient),
            stop=tenacity.stop_before_delay(self.retry_for_s),
            wait=wait,
            before_sleep=tenacity.before_sleep_log(log, logging.WARNING),
            reraise=True,
        )


def _read(response: requests.Response, url: str) -> bytes:
    body = bytearray()
    while piece := response.raw.read1(65536, decode_content=True):
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise AnswerTooLarge(
                f"{url}: the answer is larger than {MAX_BODY_BYTES} bytes: ask for fewer variables, or lower CHUNK_OBSERVATIONS"
            )
    return bytes(body)


def _sort(error: Exception, url: str) -> BarographError:
    """The error of a request without an answer."""
    if isinstance(error, failures.InvalidURL | failures.InvalidSchema | failures.MissingSchema | LocationParseError):
        return AccessRefused(f"{url} is not an address to ask: correct it in the settings: {error}")
    if isinstance(error, failures.SSLError) and _is_untrusted(error):
        return AccessRefused(
            f"{url}: its certificate is not trusted here: check the address and this machine's clock and certificates: {error}"
        )
    if isinstance(error, failures.Timeout | failures.ConnectionError):
        return SourceUnavailable(f"{url} does not answer: {error}")
    return AnswerBroken(f"{url}: the answer was cut: {error}")


def _is_untrusted(error: BaseException | None) -> bool:
    while error and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None
