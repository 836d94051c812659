from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cassandra.util import Date

from barograph.model.attempt import Manifest, Outcome
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.store.ledger_rows import LedgerBroken, LedgerRow, read_attempt

MANIFEST = Manifest("hourlymetrics", "topic-id", {0: (5, 29)}, 24, 17)
OPEN: dict[str, Any] = {
    "source": "open-meteo/archive",
    "resolution": "hourly",
    "month": 202404,
    "version": 7,
    "status": "OPEN",
    "window_start": datetime(2024, 4, 1),  # noqa: DTZ001  # as the driver gives instants: UTC without zone
    "window_end": datetime(2024, 4, 3),  # noqa: DTZ001  # see above
    "list_id": "two",
    "variables": ["rain", "temperature_2m"],
    "manifest": None,
    **dict.fromkeys(
        ("landed", "quarantined", "missing", "row_digest", "message", "is_unrecoverable", "committed_at", "time_rule", "flagged")
    ),
    "opened_at": datetime(2024, 4, 3, 1),  # noqa: DTZ001  # see above
    "dag_run": "manual__1",
    "task": "produce_hourly_metrics",
    "generation": None,
}
LISTS = {"two": (Location("52.5244", "13.4105"), Location("53.5507", "9.993"))}
COMMITTED = {**OPEN, "status": "COMMITTED", "manifest": MANIFEST.to_json(), "landed": 46, "quarantined": 0, "missing": 2}


def read(row: dict[str, Any]) -> Any:  # noqa: ANN401  # an Attempt, whose optional parts the tests know to be there
    """The attempt of a ledger row."""
    return read_attempt(cast("LedgerRow", SimpleNamespace(**row)), LISTS)


def test_a_row_tells_what_was_asked() -> None:
    chunk = read(OPEN).chunk
    assert (chunk.locations, chunk.variables, chunk.window) == (
        (Location("52.5244", "13.4105"), Location("53.5507", "9.993")),
        ("rain", "temperature_2m"),
        Window(date(2024, 4, 1), date(2024, 4, 3)),
    )


def test_an_open_attempt_has_neither_manifest_nor_outcome() -> None:
    assert (read(OPEN).manifest, read(OPEN).outcome) == (None, None)


def test_a_row_gives_the_manifest_back() -> None:
    assert read(COMMITTED).manifest == MANIFEST


def test_nothing_landed_is_an_outcome_too() -> None:
    assert read({**COMMITTED, "landed": 0, "missing": 48}).outcome == Outcome(0, 0, 48, {})


def test_row_digests_are_kept_per_day() -> None:
    row = {**COMMITTED, "row_digest": {Date(date(2024, 4, 1)): -5, Date(date(2024, 4, 2)): 6}}
    assert read(row).outcome.row_digest == {date(2024, 4, 1): -5, date(2024, 4, 2): 6}


@pytest.mark.parametrize("field", ["landed", "quarantined", "missing"])
def test_an_outcome_is_whole_or_none(field: str) -> None:
    assert read({**COMMITTED, field: None}).outcome is None


@pytest.mark.parametrize(
    "broken",
    [{"list_id": "lost"}, {"variables": None}, {"window_start": None}, {"manifest": "{"}, {"manifest": "{}"}],
    ids=str,
)
def test_a_row_that_barograph_did_not_write_is_named_with_the_remedy(broken: dict[str, Any]) -> None:
    with pytest.raises(LedgerBroken, match=r"source = 'open-meteo/archive' .* month = 202404 AND version = 7 .*: delete it"):
        read({**OPEN, **broken})


def test_instants_are_utc() -> None:
    assert (read(OPEN).opened_at, read(OPEN).committed_at) == (datetime(2024, 4, 3, 1, tzinfo=UTC), None)
