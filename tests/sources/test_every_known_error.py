"""Every error body that Open-Meteo is known to send, and what the client makes of it."""

from pathlib import Path

import pytest

from barograph.errors import BarographError
from tests.contract.open_meteo_refusals import Refusal, read_refusals
from tests.examples.folders import REFUSALS, each
from tests.sources.answers import ask_for, fetch


def error_of(known: Refusal) -> type[BarographError]:
    """What the client ends with when it is all the source ever answers."""
    with pytest.raises(BarographError) as raised:
        fetch(ask_for("rain"), known.raw.encode(), known.status)
    return type(raised.value)


@each(REFUSALS)
def test_each_known_error_ends_in_its_class_and_nothing_is_taken(path: Path) -> None:
    refusals = read_refusals(path)
    assert len(refusals) >= 41
    assert {(known.kind, known.raw): error_of(known) for known in refusals} == {
        (known.kind, known.raw): known.ends_in for known in refusals
    }
