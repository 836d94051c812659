from datetime import date, datetime

import pytest

from barograph.orchestration.window import day_of_run, first_open_day
from tests.orchestration.runs import run_of

SCHEDULED = run_of("scheduled", "2026-11-22T00:00:00+00:00", "2026-11-21T00:00:00+00:00")
BACKFILL = run_of("backfill", "2024-03-01T00:00:00+00:00", "2024-02-29T00:00:00+00:00")
BY_HAND = run_of("manual", "2026-11-22T13:45:00+00:00")


@pytest.mark.parametrize(
    ("context", "day"),
    [
        pytest.param(SCHEDULED, date(2026, 11, 21), id="scheduled: the interval's day"),
        pytest.param(BACKFILL, date(2024, 2, 29), id="backfill: the interval's day"),
        pytest.param(BY_HAND, date(2026, 11, 21), id="by hand: the last complete day"),
        pytest.param(
            run_of("manual", "2026-11-22T13:45:00+00:00", logical_date="2026-11-22T13:44:00+00:00"),
            date(2026, 11, 21),
            id="by hand with the logical date that the form fills in",
        ),
        pytest.param(
            run_of("manual", "2026-11-22T13:45:00+00:00", "2026-11-07T00:00:00+00:00", logical_date="2026-11-08T00:00:00+00:00"),
            date(2026, 11, 8),
            id="by hand with a chosen logical date: its day",
        ),
        pytest.param(
            run_of("manual", "2026-11-22T13:45:00+00:00", logical_date="2026-11-08T23:30:00-02:00"),
            date(2026, 11, 9),
            id="by hand with a logical date in another zone: its UTC day",
        ),
        pytest.param(run_of("manual", "2026-11-22T00:00:00+00:00"), date(2026, 11, 21), id="by hand at midnight"),
        pytest.param(run_of("manual", "2026-11-22T23:59:59+00:00"), date(2026, 11, 21), id="by hand before midnight"),
        pytest.param(run_of("manual", "2026-11-22T01:00:00+02:00"), date(2026, 11, 20), id="by hand in another zone"),
        pytest.param(run_of("scheduled", "2026-11-22T00:00:00+00:00"), date(2026, 11, 21), id="scheduled without interval"),
    ],
)
def test_each_run_records_one_utc_day(context: dict[str, object], day: date) -> None:
    assert day_of_run(context["dag_run"], {"day": None})[0] == day  # type: ignore[arg-type]  # a stand-in of a run


@pytest.mark.parametrize("context", [SCHEDULED, BACKFILL, BY_HAND])
def test_the_param_wins(context: dict[str, object]) -> None:
    assert day_of_run(context["dag_run"], {"day": "2024-04-01"}) == (date(2024, 4, 1), "Param day")  # type: ignore[arg-type]  # see above


@pytest.mark.parametrize(
    ("asked_at", "day"), [("2026-11-22T00:00:00+00:00", date(2026, 11, 22)), ("2026-11-21T20:00:00-05:00", date(2026, 11, 22))]
)
def test_the_utc_day_on_which_a_task_asks_is_not_over(asked_at: str, day: date) -> None:
    assert first_open_day(datetime.fromisoformat(asked_at)) == day
