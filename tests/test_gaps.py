from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from barograph.gaps import GapPlan, close_stuck, plan_gaps
from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.fill import Fill, Gap
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.settings import Settings
from barograph.store.missing import Missing
from barograph.store.store import Store

ARCHIVE = "open-meteo/archive"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEPT_FROM = date(2026, 8, 22)
"""92 days before: 22 days of November, 31 of October, 30 of September, 9 of August."""


def plan(source: str, first: date, last: date, settings: Settings | None = None) -> GapPlan:
    """The plan for one failed attempt."""
    chunk = Chunk(source, "hourly", (Location("1", "2"),), ("rain",), Window.from_days(first, last))
    return plan_gaps([Missing(Fill(ask=[Gap(chunk, "never landed")]), [])], NOW, settings or Settings())


def windows(one: GapPlan) -> list[Window]:
    """What is asked again."""
    return [gap.chunk.window for gap in one.ask]


def test_days_that_the_source_still_serves_are_asked_again() -> None:
    found = plan("open-meteo/dwd-icon", KEPT_FROM, date(2026, 9, 1))
    assert (windows(found), found.refused) == ([Window.from_days(KEPT_FROM, date(2026, 9, 1))], [])


def test_days_that_the_source_keeps_no_longer_are_named_and_the_rest_is_asked() -> None:
    found = plan("open-meteo/dwd-icon", date(2026, 8, 20), date(2026, 8, 23))
    assert windows(found) == [Window.from_days(KEPT_FROM, date(2026, 8, 23))]
    (refused,) = found.refused
    assert str(refused.chunk.window) == "2026-08-20..2026-08-21"
    assert "keeps 92 days" in refused.why


def test_the_archive_serves_old_days_too() -> None:
    assert windows(plan("open-meteo/archive", date(1950, 1, 1), date(1950, 1, 2))) != []


@pytest.mark.parametrize(
    ("source", "mode", "says"),
    [
        ("standin/archive", "online", "OPEN_METEO_MODE is online"),
        ("open-meteo/archive", "standin", "OPEN_METEO_MODE is standin"),
        ("test/hand-made", "standin", "is not known"),
    ],
)
def test_sources_that_are_not_asked_now_are_named(source: str, mode: str, says: str) -> None:
    found = plan(source, date(2020, 5, 1), date(2020, 5, 1), Settings.model_validate({"open_meteo_mode": mode}))
    assert found.ask == []
    assert says in found.refused[0].why


def test_one_source_that_refuses_keeps_the_gaps_of_others() -> None:
    day = Window.from_days(date(2020, 5, 1), date(2020, 5, 1))
    gaps = [Gap(Chunk(source, "hourly", (Location("1", "2"),), ("rain",), day), "x") for source in ("test/gone", ARCHIVE)]
    found = plan_gaps([Missing(Fill(ask=[gap]), []) for gap in gaps], NOW, Settings())
    assert ([gap.chunk.source for gap in found.ask], [gap.chunk.source for gap in found.refused]) == ([ARCHIVE], ["test/gone"])


def test_attempts_that_no_one_works_on_any_more_are_closed_with_a_reason() -> None:
    day = Window.from_days(date(2020, 5, 1), date(2020, 5, 1))
    stuck = Attempt(Chunk(ARCHIVE, "hourly", (Location("1", "2"),), ("rain",), day), 1, "OPEN", "manual__1", "produce")
    closed = list[tuple[Attempt, str]]()
    ledger = SimpleNamespace(mark_failed=lambda attempt, why: closed.append((attempt, why)))
    close_stuck(cast("Store", SimpleNamespace(ledger=ledger)), GapPlan(stuck=[stuck]))
    assert closed == [(stuck, closed[0][1])]
    assert "never finished" in closed[0][1]
