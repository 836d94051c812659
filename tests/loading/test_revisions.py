from datetime import datetime

import pytest
from pyspark.sql import DataFrame, SparkSession

from barograph.loading.revisions import Revised, compare, describe

pytestmark = pytest.mark.spark
NAMES = ("surface_pressure", "weather_code")
Row = tuple[int, float | None, int | None]


def frame(spark: SparkSession, rows: list[Row]) -> DataFrame:
    schema = "attempt_id string, location_id string, time timestamp, surface_pressure double, weather_code int"
    told = [("a", "1,2", datetime(2024, 4, 1, hour), *values) for hour, *values in rows]  # noqa: DTZ001  # Spark's session is UTC
    return spark.createDataFrame(told, schema)


def test_a_revision_is_told_by_cells_and_largest_change(spark: SparkSession) -> None:
    standing: list[Row] = [(0, 1000.0, 3), (1, 1001.0, None), (2, 1002.0, 1), (3, None, 2), (4, 1004.0, 7)]
    told: list[Row] = [(0, 1000.4, 3), (1, 1000.9, 5), (2, None, 1), (3, 1003.0, 2), (5, 999.0, 9)]
    revised = compare(frame(spark, told), frame(spark, standing), "hourly", NAMES)
    assert [(one.variable, one.cells) for one in revised] == [("surface_pressure", 3)]
    assert revised[0].largest == pytest.approx(0.4)


def test_the_same_again_revises_nothing(spark: SparkSession) -> None:
    rows: list[Row] = [(0, 1000.0, 3), (1, None, None)]
    assert compare(frame(spark, rows), frame(spark, rows), "hourly", NAMES) == []


@pytest.mark.parametrize(
    ("revised", "said"),
    [
        ([], "0 cells revised"),
        ([Revised("surface_pressure", 17, 0.4)], "17 cells revised: surface_pressure 17, largest change 0.4 hPa"),
        ([Revised("rain", 1, 2.0), Revised("snowfall", 2, None)], "3 cells revised: rain 1, largest change 2 mm; snowfall 2"),
    ],
)
def test_the_log_names_variables_and_units(revised: list[Revised], said: str) -> None:
    assert describe(revised, "hourly") == said
