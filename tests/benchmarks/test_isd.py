"""The comparison of a file of stations with the table, on our example month: one thing broken is found."""

import re
from datetime import date, datetime
from typing import Any

import pytest

from benchmarks.isd import VARIABLES, CellBlock, differences, read_cells, read_expected
from stack.settings import StackSettings
from tests.examples import write_month

FIRST, LAST = date(2007, 11, 1), date(2007, 11, 30)
KEY = ("43.117,-1.5", "2007-11-01T00:00")


@pytest.fixture(scope="module")
def expected() -> CellBlock:
    return read_expected(write_month.FILE, FIRST, LAST)


class Table:
    """A session with a table that holds these cells."""

    def __init__(self, cells: CellBlock) -> None:
        self.cells = cells

    def prepare(self, query: str) -> str:
        """The query."""
        return query

    def execute(self, _: str, values: tuple[str, str, int]) -> list[Any]:
        """The rows of a partition, of the one source that there is."""
        location_id, source, year = values
        return [
            Row((datetime.fromisoformat(time), *held))
            for (station, time), held in self.cells.items()
            if (station, int(time[:4])) == (location_id, year) and source == "standin/archive"
        ]


class Row(tuple[Any, ...]):
    """A row whose first column is its time."""

    __slots__ = ()

    @property
    def time(self) -> datetime:
        """Its time."""
        held: datetime = self[0]
        return held


def test_every_hour_with_a_value_is_expected_and_wind_in_kilometres_an_hour(expected: CellBlock) -> None:
    assert len(expected) == len(write_month.CLIMATE) * write_month.HOURS - write_month.MISSING
    row = next(line for line in write_month.lines() if line.startswith(",".join(KEY))).split(",")[3:]
    speed = VARIABLES.index("wind_speed_10m")
    assert expected[KEY][speed] == round(float(row[speed]) * 3.6, 1)
    assert [value for index, value in enumerate(expected[KEY]) if index != speed] == [
        float(text) for index, text in enumerate(row) if index != speed
    ]


def test_the_table_is_read_for_the_stations_and_years_of_the_file(expected: CellBlock) -> None:
    session: Any = Table({**expected, ("0.05,32.45", "2008-01-01T00:00"): (1.0,) * 7, ("1,1", KEY[1]): (1.0,) * 7})
    assert read_cells(session, StackSettings(), expected) == expected


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({KEY: (None,) * 7}, "1 hours differ, such as .*43.117"),
        ({KEY: None}, "1 hours lost, such as .*43.117"),
        ({("43.117,-1.5", "2007-11-05T04:00"): (None,) * 7}, "1 hours too many, such as .*2007-11-05T04:00"),
    ],
)
def test_one_broken_cell_is_found(expected: CellBlock, change: dict[tuple[str, str], Any], says: str) -> None:
    stored = {key: values for key, values in {**expected, **change}.items() if values is not None}
    assert differences(expected, expected) == []
    (found,) = differences(expected, stored)
    assert re.match(says, found)
