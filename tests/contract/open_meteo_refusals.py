"""What the hosted API answers instead of weather: every kind that is known, and how each is brought about at the simulator."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from barograph import errors
from barograph.errors import BarographError
from tests.contract.open_meteo_client import NOW
from tests.examples.folders import REFUSALS, find

KINDS: Final = find(REFUSALS)["own"]
PLACEHOLDER: Final = re.compile(r"<([a-z]+)>")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer without weather; `ask` and `order` bring it about when the simulator shows `at` (None = it does not)."""

    kind: str
    status: int
    raw: str
    ends_in: type[BarographError]
    ask: str | None
    order: Mapping[str, str] | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Kind:
    """An entry of refusals.toml, whose comment says what its fields are."""

    kind: str
    status: int
    raw: str
    ends_in: str
    ask: str | None = None
    order: Mapping[str, str] | None = None
    ahead: int | None = None
    own: Mapping[str, str] = field(default_factory=dict)

    def values_in(self, status: int, raw: str) -> Mapping[str, str] | None:
        """What an answer has in the place of the placeholders; None = it is of another kind."""
        pieces = PLACEHOLDER.split(self.raw)
        pattern = "".join(f"(?P<{piece}>.+)" if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))
        found = re.fullmatch(pattern, raw, re.DOTALL) if status == self.status else None
        return found.groupdict() if found else None

    def refusal(self, values: Mapping[str, str]) -> Refusal:
        """The answer of this kind with these values."""
        at, days = NOW, {}
        if self.ahead is not None:
            last = date.fromisoformat(values["last"])
            at = datetime.combine(last - timedelta(days=self.ahead), time(12), UTC)
            days = {"after": str(last + timedelta(days=1))}
        asked = {"thousand": ",".join(["1"] * 1000), **days, **{name: quote(value) for name, value in values.items()}}
        ask = PLACEHOLDER.sub(lambda found: asked[found[1]], self.ask) if self.ask else None
        raw = PLACEHOLDER.sub(lambda found: values[found[1]], self.raw)
        return Refusal(self.kind, self.status, raw, getattr(errors, self.ends_in), ask, self.order, at)


def read_kinds() -> list[Kind]:
    """Every kind that is known, in the order of the file."""
    rows: list[dict[str, Any]] = tomllib.loads(KINDS.read_text(encoding="utf-8"))["refusal"]
    return [Kind(**{("own" if name == "with" else name): value for name, value in row.items()}) for row in rows]


def read_refusals(path: Path) -> list[Refusal]:
    """The refusals of a file: our own kinds with our values, or recorded ones (a JSON object a line) as they came.

    Raises:
        LookupError: a recorded one is of no known kind.
    """
    if path == KINDS:
        return [kind.refusal(kind.own) for kind in read_kinds()]
    return [recognize(row["status"], _raw(row)) for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())]


def recognize(status: int, raw: str) -> Refusal:
    """The refusal that this answer is.

    Raises:
        LookupError: it is of no known kind.
    """
    for kind in read_kinds():
        values = kind.values_in(status, raw)
        if values is not None:
            return kind.refusal(values)
    raise LookupError(f"status {status} with {raw!r} is of no kind that {KINDS.name} has: add an entry there")


def _raw(row: Mapping[str, Any]) -> str:
    if "body" in row:
        return json.dumps(row["body"], ensure_ascii=False, separators=(",", ":"))
    raw: str = row["raw_body"]
    return raw
