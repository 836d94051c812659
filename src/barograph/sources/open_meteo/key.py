"""The API key: how it is read, where it may go, and what it must not appear in."""

import json
import re
from typing import Final
from urllib.parse import quote

from barograph.errors import AccessRefused
from barograph.sources.port import Credential

CREDENTIAL: Final = Credential("open_meteo_default", "OPEN_METEO_API_KEY")
KEY_HEADER: Final = "X-Api-Key"
"""Instead of the query's `apikey`: an address may be logged, a header is not."""

MIN_LENGTH: Final = 8
"""A shorter text is no key, and could not be taken out of an answer without taking out numbers too."""

STRANGE: Final = re.compile(r"[^!-~]")
"""What is no visible ASCII character: a header cannot carry it."""

REMEDY: Final = f"the API key is {CREDENTIAL.setting} in .env: correct it there, run ./startup.sh, then clear this task"


def read_key(text: str | None) -> str | None:
    """The key without the blanks and line breaks around it; None = there is none.

    Raises:
        AccessRefused: it cannot be a key; says what is wrong with it, and never shows it.
    """
    key = (text or "").strip()
    if not key:
        return None
    if strange := STRANGE.search(key):
        kind = "a blank or line break" if strange[0].isspace() else "a character that is no visible ASCII one"
        raise AccessRefused(f"the API key holds {kind} at position {strange.start() + 1} of {len(key)}; {REMEDY}")
    if len(key) < MIN_LENGTH:
        raise AccessRefused(f"the API key has {len(key)} characters, a real one has {MIN_LENGTH} at least; {REMEDY}")
    return key


def hide_key(body: bytes, key: str) -> bytes:
    """`body` as if the source had not repeated the key, plainly or as JSON and addresses write it."""
    escaped = json.dumps(key)[1:-1]
    for form in {key, escaped, escaped.replace("/", "\\/"), quote(key, safe="")}:
        body = body.replace(form.encode(), b"***")
    return body
