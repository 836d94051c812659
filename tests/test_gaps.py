from datetime import UTC, date, datetime

import pytest

from barograph.gaps import GapPlan, plan_gaps
from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.settings import Settings

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEPT_FROM = date(2026, 8, 22)
"""92 days before: 22 days of November, 31 of October, 30 of September, 9 of August."""


def plan(source: str, first: date, last: date, settings: Settings | None = None) -> GapPlan:
    """The plan for one failed attempt."""
    chunk = Chunk(source, "hourly", (Location("1", "2"),), ("rain",), Window.from_days(first, last))
    failed = Attempt(chunk, 1, "FAILED", "manual__1", "produce")
    return plan_gaps([[failed]], lambda one: True, NOW, settings or Settings())


def windows(one: GapPlan) -> list[Window]:
    """What is asked again."""
    return [chunk.window for chunk in one.ask]


def test_days_that_the_source_still_serves_are_asked_again() -> None:
    found = plan("open-meteo/dwd-icon", KEPT_FROM, date(2026, 9, 1))
    assert (windows(found), found.refused) == ([Window.from_days(KEPT_FROM, date(2026, 9, 1))], [])


def test_days_that_the_source_keeps_no_longer_are_named_and_the_rest_is_asked() -> None:
    found = plan("open-meteo/dwd-icon", date(2026, 8, 20), date(2026, 8, 23))
    assert windows(found) == [Window.from_days(KEPT_FROM, date(2026, 8, 23))]
    (refused,) = found.refused
    assert "2026-08-20..2026-08-21" in refused
    assert "keeps 92 days" in refused


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
    assert says in found.refused[0]


def test_histories_are_planned_together() -> None:
    failed = plan("open-meteo/archive", date(2020, 5, 1), date(2020, 5, 1)).ask[0]
    histories = [[Attempt(failed, version, "FAILED", "manual__1", "produce")] for version in (1, 2)]
    assert len(plan_gaps(histories, lambda one: True, NOW, Settings()).ask) == 2
