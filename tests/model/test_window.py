from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph.model.window import Window

DAYS = st.dates(date(1940, 1, 1), date(2030, 12, 31))


def windows() -> st.SearchStrategy[Window]:
    """Windows of up to 400 days."""
    return st.builds(lambda start, days: Window(start, date.fromordinal(start.toordinal() + days)), DAYS, st.integers(1, 400))


@pytest.mark.parametrize("end", [date(2024, 4, 1), date(2024, 3, 31)])
def test_a_window_without_a_day_is_refused(end: date) -> None:
    with pytest.raises(ValueError, match="holds no day"):
        Window(date(2024, 4, 1), end)


def test_an_inclusive_range_becomes_half_open() -> None:
    assert Window.from_days(date(2024, 4, 1), date(2024, 5, 28)) == Window(date(2024, 4, 1), date(2024, 5, 29))


def test_the_default_history_has_58_days() -> None:
    assert Window.from_days(date(2024, 4, 1), date(2024, 5, 28)).days == 58


def test_it_starts_and_ends_at_midnight_utc() -> None:
    window = Window(date(2024, 4, 1), date(2024, 4, 2))
    assert (window.start_at, window.end_at) == (datetime(2024, 4, 1, tzinfo=UTC), datetime(2024, 4, 2, tzinfo=UTC))


def test_it_touches_every_month_from_its_first_to_its_last_day() -> None:
    assert Window(date(2023, 11, 30), date(2024, 2, 1)).months == [202311, 202312, 202401]


def test_a_leap_day_has_24_hours_between_its_neighbours() -> None:
    times = Window(date(2024, 2, 28), date(2024, 3, 2)).times("hourly")
    assert (times[0], times[23], times[24], times[47], times[48], times[-1], len(times)) == (
        *("2024-02-28T00:00", "2024-02-28T23:00", "2024-02-29T00:00", "2024-02-29T23:00"),
        *("2024-03-01T00:00", "2024-03-01T23:00", 72),
    )


def test_a_common_year_has_no_29th_of_february() -> None:
    assert Window(date(2023, 2, 28), date(2023, 3, 2)).times("daily") == ["2023-02-28", "2023-03-01"]


def test_days_on_which_clocks_change_have_24_hours_too() -> None:
    assert len(Window(date(2024, 3, 31), date(2024, 4, 1)).times("hourly")) == 24


@given(windows())
def test_the_count_is_the_number_of_times(window: Window) -> None:
    assert (window.count("hourly"), window.count("daily")) == (len(window.times("hourly")), len(window.times("daily")))


@given(windows(), st.integers(1, 500))
def test_chunks_cover_the_window_exactly(window: Window, days: int) -> None:
    chunks = list(window.split(days))
    assert [time for chunk in chunks for time in chunk.times("daily")] == window.times("daily")
    assert max(chunk.days for chunk in chunks) <= days


def test_chunks_are_full_but_for_the_last() -> None:
    assert [chunk.days for chunk in Window(date(2024, 1, 1), date(2024, 1, 11)).split(4)] == [4, 4, 2]


def test_it_shows_inclusive_days() -> None:
    assert str(Window(date(2024, 4, 1), date(2024, 4, 3))) == "2024-04-01..2024-04-02"
