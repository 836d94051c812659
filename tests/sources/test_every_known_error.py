"""Every error body that Open-Meteo is known to send, and what the client makes of it."""

import json
from typing import Any

import pytest

from barograph.errors import (
    AnswerBroken,
    AnswerRefused,
    BarographError,
    LocationUnserved,
    RequestRefused,
    SourceBusy,
    SourceUnavailable,
)
from tests.contract.open_meteo_recordings import shared
from tests.sources.answers import ask_for, fetch


def expected(known: dict[str, Any]) -> type[BarographError]:
    """The class of errors by the table of the reference: wait, ask again, change the request, or leave the place out."""
    reason = known["body"]["reason"] if "body" in known else known["raw_body"]
    match known["status"]:
        case 429:
            return SourceBusy
        case 500 | 503:
            return SourceUnavailable
        case 200:
            return LocationUnserved if "nan" in reason else AnswerBroken
        case 303:
            return AnswerRefused
    return LocationUnserved if reason.startswith("No data is available") else RequestRefused


def error_of(known: dict[str, Any]) -> type[BarographError]:
    """What the client ends with when it is all the source ever answers."""
    body = json.dumps(known["body"]) if "body" in known else known["raw_body"]
    with pytest.raises(BarographError) as raised:
        fetch(ask_for("rain"), body.encode(), known["status"])
    return type(raised.value)


def test_each_known_error_ends_in_its_class_and_nothing_is_taken() -> None:
    lines = shared("reference/open-meteo-errors.jsonl").read_text(encoding="utf-8").splitlines()
    known = [json.loads(line) for line in lines]
    assert len(known) >= 41
    assert {one["trigger"]: error_of(one) for one in known} == {one["trigger"]: expected(one) for one in known}
