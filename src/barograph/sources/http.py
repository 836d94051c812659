"""One HTTP client for every source: pace, deadlines, size limits, retries. It knows nothing of weather."""

import logging
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import requests
import requests.exceptions as failures
import tenacity
from urllib3.exceptions import HTTPError

from barograph.errors import AnswerBroken, AnswerRefused, RequestRefused, SourceUnavailable, Transient

log = logging.getLogger(__name__)

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
"""A chunk's answer is a few MiB; anything near this is not one."""

MAX_REASON: Final = 200
"""Characters of a source's own words that are repeated in an error."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer: its status and its whole body."""

    status: int
    body: bytes


@dataclass
class Requester:
    """GET with a deadline over the whole request; `get` tries once, `retrying` goes on for at most `retry_for_s`."""

    deadline_s: float = 60
    retry_for_s: float = 120
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, url: str, query: Mapping[str, str]) -> Reply:
        """One request, no redirects.

        Raises:
            SourceUnavailable: no connection, no TLS, no answer in time.
            AnswerBroken: the body is cut or larger than `MAX_BODY_BYTES`.
            RequestRefused: the host's certificate is not trusted, or `url` is none.
        """
        ends_at = time.monotonic() + self.deadline_s
        try:
            with self.session.get(url, params=query, stream=True, timeout=(5, 30), allow_redirects=False) as response:
                return Reply(response.status_code, self._read(response, ends_at, url))
        except (failures.InvalidURL, failures.InvalidSchema, failures.MissingSchema) as error:
            raise RequestRefused(f"{url} is not an address to ask: mend it in the settings: {error}") from error
        except failures.SSLError as error:
            if _is_untrusted(error):
                raise RequestRefused(f"{url}: its certificate is not trusted here: {error}") from error
            raise SourceUnavailable(f"{url} does not answer: {error}") from error
        except (failures.Timeout, failures.ConnectionError) as error:
            raise SourceUnavailable(f"{url} does not answer: {error}") from error
        except (failures.RequestException, HTTPError) as error:
            raise AnswerBroken(f"{url}: the answer was cut: {error}") from error

    def _read(self, response: requests.Response, ends_at: float, url: str) -> bytes:
        body = bytearray()
        while piece := response.raw.read1(65536, decode_content=True):
            body += piece
            if len(body) > MAX_BODY_BYTES:
                raise AnswerBroken(f"{url}: the answer is larger than {MAX_BODY_BYTES} bytes: ask for fewer days or places")
            if time.monotonic() > ends_at:
                raise SourceUnavailable(f"{url}: no complete answer within {self.deadline_s:.0f} s")
        return bytes(body)

    def retrying(self) -> tenacity.Retrying:
        """The one retry policy: transient errors only, exponential with jitter, the last error is raised as it is."""
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Transient),
            stop=tenacity.stop_before_delay(self.retry_for_s),
            wait=tenacity.wait_random_exponential(multiplier=1, max=30),
            before_sleep=tenacity.before_sleep_log(log, logging.WARNING),
            reraise=True,
        )


def _is_untrusted(error: BaseException | None) -> bool:
    while error and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def check_status(url: str, status: int, reason: str) -> None:
    """Sort an answer's status by what to do next.

    Raises:
        SourceUnavailable: 429 and 5xx: wait.
        RequestRefused: any other 4xx, with the source's own `reason`: change the request.
        AnswerRefused: anything else but 200; redirects are not followed.
    """
    said = reason[:MAX_REASON]
    if status == requests.codes.too_many_requests or status >= requests.codes.server_error:
        raise SourceUnavailable(f"{url} answered {status}: {said}")
    if status >= requests.codes.bad_request:
        raise RequestRefused(f"{url} refused the request ({status}): {said}")
    if status != requests.codes.ok:
        raise AnswerRefused(f"{url} answered {status} where 200 was due: check the address in the settings. It said: {said}")
