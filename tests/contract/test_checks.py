"""The checks of recorded answers, each on an example of ours with one thing broken: it must find it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract import open_meteo_shapes as shapes
from tests.contract.open_meteo_recordings import Exchange, load_recording
from tests.contract.open_meteo_refusals import KINDS, read_kinds, read_refusals, recognize

Check = Callable[[Exchange], None]


def check_cell(exchange: Exchange) -> None:
    shapes.check_cell(exchange, on_known_grid=True)


BROKEN: list[tuple[Check, str, str]] = [
    (shapes.check_layout, '"latitude":46.94,', '"latitude": 46.94,'),
    (shapes.check_layout, '"timezone":"GMT","timezone_abbreviation":"GMT"', '"timezone_abbreviation":"GMT","timezone":"GMT"'),
    (shapes.check_layout, '"elevation":549.0,', '"elevation":549.0,"location_id":0,'),
    (shapes.check_layout, '"location_id":2,', '"location_id":1,'),
    (shapes.check_layout, '"location_id":1,', ""),
    (shapes.check_layout, '"elevation":549.0,', '"elevation":549.0,"more":1,'),
    (shapes.check_units, '"wind_speed_10m":"km/h"', '"wind_speed_10m":"m/s"'),
    (shapes.check_units, '"precipitation":"mm"', '"precipitation":"undefined"'),
    (shapes.check_units, '"precipitation":"mm",', ""),
    (shapes.check_units, '"time":"iso8601"', '"time":"unixtime"'),
    (shapes.check_values, '"temperature_2m":[', '"temperature_2m":[1.00,'),
    (shapes.check_values, '"temperature_2m":[-', '"temperature_2m":[1.00,-'),
    (shapes.check_values, '"weather_code":[0,', '"weather_code":[4,'),
    (shapes.check_time_axis, '"2026-05-03T01:00",', ""),
    (shapes.check_time_axis, '"2026-05-03T01:00","2026-05-03T02:00"', '"2026-05-03T02:00","2026-05-03T01:00"'),
    (shapes.check_time_axis, ',"2026-05-04T23:00"]', "]"),
    (check_cell, '"longitude":15.439999', '"longitude":15.4399991'),
    (check_cell, '"latitude":46.94', '"latitude":46.92'),
    (check_cell, '"latitude":46.94', '"latitude":47.2'),
]
CHECKS: list[Check] = [shapes.check_layout, shapes.check_units, shapes.check_values, shapes.check_time_axis, check_cell]


def test_the_example_is_whole() -> None:
    for check in CHECKS:
        check(load_recording("dwd-icon/three-locations-hourly-and-daily"))


def test_each_check_is_broken_once() -> None:
    assert {check.__name__ for check, _, _ in BROKEN} == {check.__name__ for check in CHECKS}


@pytest.mark.parametrize(("check", "right", "wrong"), BROKEN, ids=[f"{check.__name__} {wrong}" for check, _, wrong in BROKEN])
def test_a_check_finds_the_one_thing_that_is_broken(check: Check, right: str, wrong: str) -> None:
    example = load_recording("dwd-icon/three-locations-hourly-and-daily")
    assert right in example.body
    broken = replace(example, body=example.body.replace(right, wrong, 1))
    with pytest.raises(AssertionError):
        check(broken)


def test_a_column_without_values_may_come_without_a_unit_and_one_with_values_may_not() -> None:
    example = load_recording("dwd-icon/a-variable-that-the-model-lacks")
    shapes.check_units(example)
    with pytest.raises(AssertionError):
        shapes.check_units(replace(example, body=example.body.replace('"lifted_index":[null', '"lifted_index":[1')))


def test_an_answer_of_no_known_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "recorded.jsonl"
    path.write_text('{"status":400,"body":{"error":true,"reason":"Too many moons"}}\n', encoding="utf-8")
    with pytest.raises(LookupError, match=r"status 400 with .*Too many moons.* add an entry"):
        read_refusals(path)


def test_a_recorded_answer_of_another_case_is_of_its_kind_with_its_own_values() -> None:
    known = recognize(400, '{"error":true,"reason":"Latitude must be in range of -90 to 90°. Given: 91.0."}')
    assert (known.kind, known.ask) == ("a latitude beyond the pole", "/api/v1/dwd-icon?latitude=91&longitude=1")


def test_our_own_refusals_are_each_recognized_as_their_kind() -> None:
    known = read_refusals(KINDS)
    assert [recognize(refusal.status, refusal.raw).kind for refusal in known] == [kind.kind for kind in read_kinds()]
