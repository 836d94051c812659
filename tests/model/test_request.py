from datetime import date

import pytest

from barograph.model.request import find_brackets, find_unknown, parse_window, split_names
from barograph.model.window import Window

TODAY = date(2026, 11, 22)


def test_names_are_split_by_comma() -> None:
    assert split_names(" temperature_2m,rain ,, ") == ("temperature_2m", "rain")


def test_an_empty_text_holds_no_names() -> None:
    assert split_names(" ") == ()


def test_the_end_is_inclusive() -> None:
    assert parse_window("2024-04-01", "2024-05-28", TODAY) == (Window(date(2024, 4, 1), date(2024, 5, 29)), [])


def test_one_day_is_a_range() -> None:
    assert parse_window("2024-02-29", "2024-02-29", TODAY) == (Window(date(2024, 2, 29), date(2024, 3, 1)), [])


def test_the_last_complete_day_may_be_asked() -> None:
    assert parse_window("2026-11-21", "2026-11-21", TODAY)[1] == []


def test_a_day_that_is_not_over_is_refused() -> None:
    assert parse_window("2026-11-22", "2026-11-22", TODAY)[1] == [
        "end_date 2026-11-22 is not over yet: the last complete UTC day is 2026-11-21"
    ]


def test_a_start_after_the_end_is_refused() -> None:
    assert parse_window("2024-04-02", "2024-04-01", TODAY) == (
        None,
        ["start_date 2024-04-02 is after end_date 2024-04-01: swap them"],
    )


def test_the_last_day_of_the_calendar_is_refused_like_any_future_day() -> None:
    findings = parse_window("2024-04-01", "9999-12-31", TODAY)[1]
    assert findings == ["end_date 9999-12-31 is not over yet: the last complete UTC day is 2026-11-21"]


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2023-02-29", "2026-13-01", "01.04.2024", "2024-04-01T00:00", "20240528", "2024-W22-2", "２０２４-05-28"],
)
def test_refuses_what_is_no_day(text: str) -> None:
    assert parse_window(text, "2024-05-28", TODAY) == (None, [f"start_date {text!r} is not a day: write YYYY-MM-DD"])


def test_both_days_are_checked_at_once() -> None:
    assert len(parse_window("a", "b", TODAY)[1]) == 2


def test_a_name_given_twice_is_found_once() -> None:
    assert find_unknown(("rain", "showers", "rain", "rain"), "hourly") == ["hourly variable rain is given twice: once is enough"]


def test_every_unknown_name_is_found() -> None:
    assert [finding.split(" is not known")[0] for finding in find_unknown(("rain", "a1", "b2"), "hourly")] == [
        "hourly variable 'a1'",
        "hourly variable 'b2'",
    ]


def test_blanks_around_a_day_are_forgiven() -> None:
    assert parse_window(" 2024-04-01", "2024-05-28 ", TODAY)[1] == []


def test_the_word_none_alone_holds_no_names() -> None:
    assert (split_names(" none "), split_names("none,rain")) == ((), ("none", "rain"))


def test_the_word_none_beside_variables_is_refused() -> None:
    assert find_unknown(("none", "rain"), "hourly") == [
        "hourly holds the word none together with variables: give it alone to leave hourly out"
    ]


@pytest.mark.parametrize(
    ("text", "plain"), [('["rain"]', "rain"), ("[52.5, 53.5]", "52.5,53.5"), ('"rain"', "rain"), ("['a', 'b']", "'a','b'")]
)
def test_json_where_commas_are_due_is_refused_with_how_to_write_it(text: str, plain: str) -> None:
    assert find_brackets("hourly", text) == [
        f"hourly {text!r} is JSON, not a comma-separated text: write it without brackets and quotes, as {plain}"
    ]


def test_a_comma_separated_text_is_no_json() -> None:
    assert find_brackets("hourly", "rain,showers") == []


@pytest.mark.parametrize(
    ("days", "says"),
    [(("", ""), "start_date and end_date are empty: "), (("2024-05-01", " "), "end_date is empty: ")],
)
def test_days_that_are_not_given_are_named_with_what_to_write(days: tuple[str, str], says: str) -> None:
    assert parse_window(*days, TODAY) == (
        None,
        [f"{says}give the first and the last day (UTC), such as 2024-05-01 and 2024-05-02"],
    )
