"""`barograph series` as table, CSV and JSON."""

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from typer.testing import CliRunner, Result

from barograph.cli import app
from barograph.cli.series import read_window
from barograph.errors import RequestRefused
from barograph.model.window import Window
from barograph.read.series import SeriesRequest, SeriesValue

VALUES = [
    SeriesValue(datetime(2024, 4, 1, 0, tzinfo=UTC), -1.5, "open-meteo/archive", 10),
    SeriesValue(datetime(2024, 4, 1, 1, tzinfo=UTC), 2.0, "=cmd|'/c calc'!A0", 20),
    SeriesValue(datetime(2024, 4, 1, 2, tzinfo=UTC), 3.0, "open-meteo/archive", 10),
]
DAY = ("--start", "2024-04-01", "--end", "2024-04-01")


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[SeriesRequest]:
    """What is asked for; answered with `VALUES`."""
    asked: list[SeriesRequest] = []

    def read(store: object, request: SeriesRequest) -> Iterator[SeriesValue]:
        asked.append(request)
        return iter(VALUES)

    module = sys.modules["barograph.cli.series"]  # its name is also that of the command
    monkeypatch.setattr(module, "open_store", lambda settings: nullcontext())
    monkeypatch.setattr(module, "read_series", read)
    return asked


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["series", *arguments])


def test_a_series_is_asked_for_as_it_was_typed(asked: list[SeriesRequest]) -> None:
    result = run("-33.8688,151.20930", "temperature_2m", *DAY, "--source", "b", "--source", "a", "--source", "b")
    assert result.exit_code == 0, result.output
    window = Window(date(2024, 4, 1), date(2024, 4, 2))
    assert asked == [SeriesRequest("-33.8688,151.2093", "temperature_2m", "hourly", window, ("b", "a"))]


def test_the_table_names_unit_and_source_and_the_summary_what_is_missing() -> None:
    result = run("Brocken", "temperature_2m", *DAY)
    lines = result.stdout.splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["time", "temperature_2m", "(°C)", "source"],
        ["2024-04-01T00:00:00Z", "-1.5", "open-meteo/archive"],
    ]
    assert result.stderr == "3 values (=cmd|'/c calc'!A0 1, open-meteo/archive 2), 21 of 24 times have none\n"


def test_what_the_table_leaves_out_is_told() -> None:
    result = run("Brocken", "temperature_2m", *DAY, "--limit", "1")
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr.startswith("2 more values are not shown: --limit, --csv or --json\n3 values")


def test_csv_holds_every_value_and_no_text_that_a_spreadsheet_would_run() -> None:
    rows = list(csv.reader(StringIO(run("Brocken", "temperature_2m", *DAY, "--csv").stdout)))
    assert rows == [
        ["time", "value", "unit", "source"],
        ["2024-04-01T00:00:00Z", "-1.5", "°C", "open-meteo/archive"],
        ["2024-04-01T01:00:00Z", "2.0", "°C", "'=cmd|'/c calc'!A0"],
        ["2024-04-01T02:00:00Z", "3.0", "°C", "open-meteo/archive"],
    ]


def test_json_holds_every_value_with_its_version() -> None:
    told = json.loads(run("Brocken", "temperature_2m", *DAY, "--json").stdout)
    assert {name: told[name] for name in ("location_id", "variable", "resolution", "unit")} == {
        "location_id": "Brocken",
        "variable": "temperature_2m",
        "resolution": "hourly",
        "unit": "°C",
    }
    assert told["values"][0] == {"time": "2024-04-01T00:00:00Z", "value": -1.5, "source": "open-meteo/archive", "version": 10}
    assert len(told["values"]) == 3


def test_csv_and_json_exclude_each_other() -> None:
    assert run("Brocken", "temperature_2m", *DAY, "--csv", "--json").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("1,2", "weather_code", *DAY), "weather_code has hourly and daily values: say which with --resolution hourly"),
        (("1,2", "wether_code", *DAY), "did you mean weather_code"),
        (("1,2", "rain", *DAY, "--resolution", "weekly"), "resolution 'weekly' is not one of hourly, daily"),
        (("1,2", "rain", *DAY, "--resolution", "daily"), "daily variable 'rain' is not known"),
        (("1;2", "rain", "--start", "2024-04-02", "--end", "2024-04-01"), "--start 2024-04-02 is after --end 2024-04-01"),
        (("1,2", "rain", "--start", "yesterday", "--end", "2024-04-01"), "--start 'yesterday' is not a day"),
        (("91,2", "rain", *DAY), "latitude '91' is outside"),
    ],
)
def test_what_cannot_be_a_series_is_refused(arguments: tuple[str, ...], says: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, says in result.stderr) == (1, True), result.stderr


def test_a_day_resolution_is_told_apart(asked: list[SeriesRequest]) -> None:
    assert run("1,2", "weather_code", *DAY, "--resolution", "daily").exit_code == 0
    assert (asked[0].resolution, asked[0].variable) == ("daily", "weather_code")


def test_the_last_day_of_the_calendar_is_refused() -> None:
    with pytest.raises(RequestRefused, match="--end 9999-12-31 is the last day of the calendar"):
        read_window("2024-04-01", "9999-12-31")
