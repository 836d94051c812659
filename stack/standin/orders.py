"""What the stand-in can be told at /control, and what it tells of its answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from stack.standin.edits import Edit
from stack.standin.limits import Limits, RefusalText
from stack.standin.responses import JSON
from stack.standin.revisions import Revision

Break = Literal[
    "429",
    "500",
    "502",
    "503",
    "504",
    "slow",
    "drip",
    "drip-headers",
    "cut",
    "reset",
    "empty",
    "html",
    "error-object",
    "stream-error",
    "stream-error-appended",
    "nan",
    "canned",
    "endless",
    "bomb",
    "corrupt-gzip",
]
Fault = Break | Edit


class Rule(BaseModel):
    """`fault` for every `every`-th request whose path?query contains `match`, `times` times (None = for ever).

    `seconds`: how long `slow` waits before its answer, and the drips between two bytes. `text`: which 429. `headers` come on
    top of the answer's. `canned` answers with `status`, `body` and `media_type`.
    """

    model_config = ConfigDict(extra="forbid")

    fault: Fault
    times: int | None = Field(default=None, ge=1)
    every: int = Field(default=1, ge=1)
    match: str = ""
    seconds: float = Field(default=1, ge=0)
    text: RefusalText = "minutely"
    headers: dict[str, str] = {}
    status: int = Field(default=200, ge=200, le=599)
    body: str = ""
    media_type: str = JSON


class Orders(BaseModel):
    """What is given takes the place of what was before; `revisions` alone come on top.

    Of `rules` the first that matches counts. `limits` begin with nothing used (`"off"`: none). `clock` is what time it is now;
    it runs on from there.
    """

    model_config = ConfigDict(extra="forbid")

    rules: list[Rule] = []
    revisions: list[Revision] = []
    limits: Limits | Literal["off"] | None = None
    clock: AwareDatetime | None = None


@dataclass(slots=True)
class Answered:
    """One answer: when (UTC), to what, spoilt how (None = not), after how many revisions.

    `status` is 0 until it is given; `weight` is what it was charged, 0 also without limits.
    """

    at: datetime
    path: str
    query: str
    fault: Fault | None
    revision: int
    status: int = 0
    weight: float = 0
