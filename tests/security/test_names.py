"""What users name and give: locations, tags, Params and Variables with markup, formulas, control codes, templates and depth."""

import csv
import json
from io import StringIO

import pytest

from barograph.cli.series import cell, to_json, write_csv
from barograph.errors import RequestRefused
from barograph.model.csv_locations import parse_csv_locations
from barograph.model.location import Location
from barograph.model.request import Request, find_unknown
from barograph.model.tagged_location import KEYS, TaggedLocation, parse_json_locations
from barograph.orchestration.params import ParamValue, read_request, refuse_unknown_params
from barograph.printable import one_line
from barograph.read.series import SeriesValue
from barograph.settings import Settings
from barograph.sources.plan import plan_request
from barograph.sources.registry import Sources
from tests.sources.answers import DAY

ODD_NAMES = [
    '=HYPERLINK("http://x.example","y")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1 hour",
    "-1 degree",
    "<script>alert(1)</script>",
    "[link](javascript:alert(1))",
    "[red]Berlin[/red]",
    "{{ var.value.hourly }} {% for x in y %}",
    "$(reboot) `id`; rm -rf / && \"' --",
    "Robert'); DROP TABLE hourlydata;--",
    "../../etc/passwd",
    "%s %n %(x)s {0}",
    "Zürich 東京 🌦",
]
"""Harmless as they are: kept and shown letter by letter, and meant by nothing."""

UNPRINTABLE = [
    *("a\x1b[2Jb", "a\x1b]0;title\x07b", "a\x1b]8;;http://x\x1b\\b", "a\x9b31mb"),
    *("a\u202eb", "a\u2066b", "a\u200bb", "a\u2028b", "a\ud800b"),
    *("a\nb", "a\rb", "a\x00b", "a\tb"),
]


def file_of(name: str) -> str:
    """A CSV file with one location."""
    text = StringIO()
    csv.writer(text).writerows([KEYS, [name, "52.5", "13.4", "", "city"]])
    return text.getvalue()


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_stays_as_it_is_from_file_to_json_and_back(name: str) -> None:
    (tagged,), findings = parse_csv_locations(file_of(name).splitlines(keepends=True))
    assert (tagged.location.name, findings) == (name, [])
    assert Location.from_json(json.loads(json.dumps(tagged.location.to_json()))).name == name
    again = json.dumps([{"name": name, "latitude": "52.5", "longitude": "13.4", "tags": ["city"]}])
    assert parse_json_locations(again) == ([TaggedLocation(tagged.location, frozenset({"city"}))], [])


@pytest.mark.parametrize("name", UNPRINTABLE)
@pytest.mark.parametrize("key", ["name", "tags"])
def test_a_name_or_tag_that_anything_acts_on_is_refused_and_shown_as_escapes(name: str, key: str) -> None:
    row = {"name": "Berlin", "latitude": 1, "longitude": 2, "tags": ["city"]}
    row[key] = name if key == "name" else [name]
    locations, (finding,) = parse_json_locations(json.dumps([row]))
    assert (locations, finding.isprintable()) == ([], True)


@pytest.mark.parametrize("name", UNPRINTABLE)
def test_a_refusal_repeats_nothing_that_a_terminal_or_a_log_acts_on(name: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        refuse_unknown_params([name], ["day"])
    assert str(refused.value).isprintable()
    request = Request(name, name, (name, name), (name,), name, name, name, name, (name,))
    with pytest.raises(RequestRefused) as refused:
        plan_request(request, DAY.end, Sources(Settings()))
    first, *items = str(refused.value).split("\n- ")
    assert first.startswith(f"this request is refused, {len(items)} to mend:")
    assert all(line.isprintable() for line in (first, *items))


def test_a_finding_cannot_pass_for_two() -> None:
    (twice, unknown) = find_unknown(["a\n- b"] * 2, "hourly")
    message = str(RequestRefused.listing([twice, unknown]))
    assert message.count("\n") == 2


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝", "＋", "－", "＠"])
def test_a_text_that_a_spreadsheet_would_run_is_shown_and_a_number_stays_one(start: str) -> None:
    assert cell(f"{start}1+1") == f"'{one_line(start)}1+1"
    assert [cell(number) for number in (-1, -1.5, 0, None)] == [-1, -1.5, 0, None]


def test_an_exported_line_stays_a_line_whatever_a_source_is_called() -> None:
    written = StringIO()
    row = SeriesValue(at=DAY.start, value=-1.5, source='=x","y\r\n2024,9,,', version=1)
    write_csv([row], "°C", written.write)
    assert list(csv.reader(StringIO(written.getvalue())))[1:] == [["2024-04-01", "-1.5", "°C", '\'=x","y\\r\\n2024,9,,']]


def test_a_series_as_json_holds_each_letter_and_none_that_a_terminal_acts_on() -> None:
    text = to_json({"source": "a\x1b[2J\x9b\u202e°C"})
    assert (json.loads(text), text.isprintable(), "°C" in text) == ({"source": "a\x1b[2J\x9b\u202e°C"}, True, True)


@pytest.mark.parametrize("depth", [10, 300, 900, 960, 990, 1000, 10_000])
@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_locations_of_any_depth_are_refused(depth: int, opened: str) -> None:
    closed = "]" if opened == "[" else "1}"[1:]
    for inside in ("{}", '[{"name": {}, "latitude": 1, "longitude": 2}]', '[{"name": "x", "latitude": {}, "longitude": 2}]'):
        locations, findings = parse_json_locations(inside.replace("{}", opened * depth + "1" + closed * depth, 1))
        assert locations == []
        assert findings
        assert all(len(finding) < 500 for finding in findings)


@pytest.mark.parametrize("depth", [10, 900, 960, 990, 2000, 100_000])
def test_a_param_of_any_depth_is_refused(depth: int) -> None:
    nested: object = "x"
    for _ in range(depth):
        nested = [nested]
    empty: list[str] = []
    days = {"start_date": "2024-04-01", "end_date": "2024-04-01"}
    locations = [{"name": nested, "latitude": 1, "longitude": 2}]
    params: dict[str, ParamValue] = {"locations": locations, "hourly": empty, "daily": empty, "source": "auto", **days}

    def plan() -> None:
        """What the first task of a run does."""
        plan_request(read_request(params), DAY.end, Sources(Settings()))

    with pytest.raises(RequestRefused):
        plan()


@pytest.mark.parametrize(
    "digits", ["1" * 100_000, "1" * 100_000 + "x", "0." + "1" * 100_000, "1e999", "1e99999", "-" * 100_000, "1," * 50_000]
)
def test_coordinates_of_any_length_are_refused_shortly(digits: str) -> None:
    request = Request(digits, digits, ("rain",), (), "2024-04-01", "2024-04-01")
    with pytest.raises(RequestRefused) as refused:
        plan_request(request, DAY.end, Sources(Settings()))
    assert len(max(str(refused.value).splitlines(), key=len)) < 400
