import logging

import pytest
from airflow.sdk.exceptions import AirflowFailException

from barograph.model.chunk import Chunk
from barograph.orchestration import plan
from barograph.orchestration.plan import plan_day, plan_range
from tests.orchestration.runs import VARIABLES, run_of, set_variables

pytestmark = pytest.mark.usefixtures("defaults")
KNOWN = {"day", *VARIABLES}


def test_a_daily_run_asks_for_its_day_at_both_resolutions() -> None:
    plan = plan_day(run_of("scheduled", "2026-11-22T00:00:00+00:00", "2026-11-21T00:00:00+00:00"), KNOWN)
    ((hourly,), (daily,)) = plan["hourly"], plan["daily"]
    assert str(Chunk.from_json(hourly)) == "open-meteo/dwd-icon hourly 2026-11-21..2026-11-21, 2 locations"
    assert str(Chunk.from_json(daily)) == "open-meteo/dwd-icon daily 2026-11-21..2026-11-21, 2 locations"


def test_an_empty_variable_leaves_its_half_without_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, {"daily": ""})
    plan = plan_day(run_of("manual", "2026-11-22T00:00:00+00:00"), KNOWN)
    assert (len(plan["hourly"]), plan["daily"]) == (1, [])


def test_a_range_comes_from_params_and_variables() -> None:
    days = {"start_date": "2024-05-01", "end_date": "2024-05-28"}
    run = run_of("manual", "2026-11-22T00:00:00+00:00", params=days, conf=days)
    (hourly,) = plan_range(run, KNOWN)["hourly"]
    assert str(Chunk.from_json(hourly)) == "open-meteo/historical-forecast-icon hourly 2024-05-01..2024-05-28, 2 locations"


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("2027-01-01", "day 2027-01-01 is not over yet: the last complete UTC day is 2026-11-21"),
        ("2024-W22-2", "day '2024-W22-2' is not a day: write YYYY-MM-DD"),
    ],
)
def test_a_day_that_cannot_be_recorded_is_named_as_day(day: str, says: str) -> None:
    with pytest.raises(AirflowFailException, match=says):
        plan_day(run_of("manual", "2026-11-22T12:00:00+00:00", params={"day": day}), KNOWN)


def test_blanks_around_a_day_make_no_difference() -> None:
    (hourly,) = plan_day(run_of("manual", "2026-11-22T12:00:00+00:00", params={"day": "2026-11-20 "}), KNOWN)["hourly"]
    assert hourly["start"] == "2026-11-20"


def test_the_same_run_always_plans_the_same() -> None:
    run = run_of("manual", "2026-11-22T00:00:00+00:00")
    assert plan_day(run, KNOWN) == plan_day(run, KNOWN)


def test_a_misspelt_param_fails_for_good() -> None:
    run = run_of("manual", "2026-11-22T00:00:00+00:00", conf={"dya": "2026-11-20"})
    with pytest.raises(AirflowFailException, match="Params dya do not exist"):
        plan_day(run, KNOWN)


def test_everything_that_is_wrong_fails_for_good_and_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, {"latitudes": "91.0,1", "hourly": "temprature_2m"})
    with pytest.raises(AirflowFailException, match=r"(?s)2 to mend.*latitude '91.0'.*temprature_2m"):
        plan_range(run_of("manual", "2026-11-22T00:00:00+00:00"), KNOWN)


LONG_AGO = ("backfill", "2024-05-02T00:00:00+00:00", "2024-05-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("started_at", "source"),
    [
        ("2026-11-22T13:00:00+00:00", "open-meteo/historical-forecast-icon"),
        ("2024-05-02T00:10:00+00:00", "open-meteo/dwd-icon"),
    ],
)
def test_a_day_is_asked_where_it_is_served_when_the_task_starts(started_at: str, source: str) -> None:
    (hourly,) = plan_day(run_of(*LONG_AGO, started_at=started_at), KNOWN)["hourly"]
    assert (hourly["source"], hourly["start"]) == (source, "2024-05-01")


def test_a_run_that_was_cleared_much_later_still_records_its_own_day() -> None:
    run = run_of("manual", "2026-08-01T13:00:00+00:00", started_at="2026-11-22T13:00:00+00:00")
    (hourly,) = plan_day(run, KNOWN)["hourly"]
    assert (hourly["source"], hourly["start"]) == ("open-meteo/historical-forecast-icon", "2026-07-31")


def test_a_chosen_logical_date_is_the_day_that_is_recorded_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    chosen = run_of("manual", "2026-11-22T13:45:00+00:00", "2026-11-07T00:00:00+00:00", logical_date="2026-11-08T00:00:00+00:00")
    with caplog.at_level(logging.INFO, logger=plan.log.name):
        (hourly,) = plan_day(chosen, KNOWN)["hourly"]
    assert hourly["start"] == "2026-11-08"
    assert "day 2026-11-08 (UTC): the logical date that was chosen" in caplog.text


@pytest.mark.parametrize(
    ("params", "logical_date", "says"),
    [
        (
            {"day": "2027-01-01"},
            None,
            "day 2027-01-01 is not over yet: the last complete UTC day is 2026-11-21. This day is Param day",
        ),
        ({}, "2026-11-23T00:00:00+00:00", "day 2026-11-23 is not over yet: .*This day is the logical date that was chosen"),
    ],
)
def test_a_day_that_is_not_over_is_refused_by_the_name_it_was_given_under(
    params: dict[str, str], logical_date: str | None, says: str
) -> None:
    run = run_of("manual", "2026-11-22T13:45:00+00:00", params=params, logical_date=logical_date)
    with pytest.raises(AirflowFailException, match=says):
        plan_day(run, KNOWN)
