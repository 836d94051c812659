"""Weather that its source corrects: offsets and nulls over a variable's hours or days, in the order they were made."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from barograph.model.resolution import Resolution
from barograph.model.variables import get_variable


class Revision(BaseModel):
    """`variable` of the times from `start` to before `end` (as an answer writes them): `add` more, or nothing (`is_null`).

    `add` is in the answer's unit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    variable: str
    start: str
    end: str
    add: float = 0
    is_null: bool = False


def revise(body: str, revisions: Sequence[Revision]) -> str:
    """The answer `body` (one result or several) after all of `revisions`."""
    if not body:
        return body
    answer = json.loads(body)
    for result in answer if isinstance(answer, list) else [answer]:
        for revision in revisions:
            _revise_section(result, "hourly", revision)
            _revise_section(result, "daily", revision)
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def _revise_section(result: dict[str, Any], resolution: Resolution, revision: Revision) -> None:
    section = result.get(resolution, {})
    if revision.variable not in section:
        return
    decimals, column = get_variable(revision.variable, resolution).decimals, section[revision.variable]
    for index, time in enumerate(section["time"]):
        if revision.start <= time < revision.end and column[index] is not None:
            column[index] = None if revision.is_null else round(column[index] + revision.add, decimals or None)
