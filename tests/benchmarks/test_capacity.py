from collections.abc import Mapping

import pytest

from benchmarks.capacity import Asked, Line, UnitCosts, Workload, ask, daily_cost, index_rows, predict, project, read_unit_costs

COSTS = UnitCosts(
    {
        "seconds": Line(60.0, 0.001),
        "cpu kafka": Line(2.0, 0.0),
        "cpu cassandra": Line(1.0, 0.001),
        "cpu tasks java": Line(0, 0.002),
    },
    {"kafka bytes per row": 70.0, "disk bytes per row": 50.0},
)


def test_line_goes_through_both_measurements() -> None:
    line = Line.through((1_000, 70.0), (5_000, 110.0))
    assert (line.fixed, line.per_row) == (60.0, 0.01)
    assert line.at(3_000) == 90.0


def test_rows_are_location_hours() -> None:
    assert Workload(20_000, 7, 12).rows == 3_360_000


@pytest.mark.parametrize(
    ("load", "asked"),
    [
        # a week of a location is 168 rows, so 148 locations fit into 25,000 of them; 12 variables cost 1.2
        (Workload(20_000, 7, 12), Asked(136, 24_000.0, 148 * 168)),
        # up to ten variables and two weeks a location costs 1
        (Workload(20_000, 7, 3), Asked(136, 20_000.0, 148 * 168)),
        # a day: 24 rows each, and 500 locations in one call at most
        (Workload(20_000, 1, 10), Asked(40, 20_000.0, 500 * 24)),
        (Workload(1, 1, 1), Asked(1, 1.0, 24)),
    ],
)
def test_calls_are_those_that_the_planner_makes(load: Workload, asked: Asked) -> None:
    assert ask(load) == asked


def test_daily_run_pays_for_locations_and_variables_and_not_for_a_fortnight_of_revisions() -> None:
    assert daily_cost(Workload(20_000, 1, 10), revision_days=3) == 20_000
    assert daily_cost(Workload(20_000, 1, 20), revision_days=3) == 40_000
    assert daily_cost(Workload(20_000, 1, 10), revision_days=27) == 40_000


def test_prediction_adds_the_start_to_what_grows_with_rows() -> None:
    predicted: Mapping[str, float] = predict(Workload(100, 10, 12), COSTS)
    assert predicted["rows"] == 24_000
    assert predicted["seconds"] == 84.0
    assert predicted["rows per second"] == pytest.approx(24_000 / 84)
    assert predicted["cpu kafka"] == 2.0
    assert predicted["kafka bytes per row"] == 70.0


def test_unit_costs_are_read_from_what_was_measured_end_to_end() -> None:
    costs = read_unit_costs()
    assert {"seconds", "cpu cassandra", "cpu kafka", "cpu tasks java", "cpu tasks python"} <= costs.lines.keys()
    assert all(line.per_row >= 0 for line in costs.lines.values())
    assert costs.per_row.keys() == {"kafka bytes per row", "disk bytes per row"}


def test_projection_keeps_every_record_and_row_as_often_as_there_are_copies() -> None:
    projected = project(Workload(100, 10, 12), COSTS, copies=3)
    assert projected.asked == ask(Workload(100, 10, 12))
    assert (projected.kafka_bytes, projected.disk_bytes) == (3 * 24_000 * 70, 3 * 24_000 * 50)
    assert projected.seconds == 84.0
    assert projected.spark_cpu_s == 48.0
    assert projected.cassandra_cpu_s == 75.0


def test_month_of_the_index_holds_the_attempts_that_reach_back_into_it() -> None:
    assert index_rows(attempts_per_day=77, revision_days=3) == 77 * 34
