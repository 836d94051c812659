import json

import pytest

from barograph.model.location import Location, find_duplicates
from barograph.model.tagged_location import parse_json_locations

BROCKEN = '{"name": "Brocken", "latitude": 51.7990, "longitude": 10.618, "elevation": 1141.0, "tags": ["summits"]}'


def test_a_named_location_keeps_its_coordinates_as_written() -> None:
    (read,), findings = parse_json_locations(f"[{BROCKEN}]")
    assert findings == []
    assert read.location.to_json() == {"name": "Brocken", "latitude": "51.799", "longitude": "10.618", "elevation": "1141"}
    assert (read.location.location_id, read.tags) == ("Brocken", frozenset({"summits"}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "locations is not JSON"),
        ("{}", "locations is not a list of objects"),
        ('["Berlin"]', "locations is not a list of objects"),
        ('[{"name": "Berlin"}]', "latitude, longitude is missing"),
        ('[{"name": "52.5,13.4", "latitude": 1, "longitude": 2}]', "is a pair of coordinates: give a name that is none"),
        ('[{"name": "a\\nb", "latitude": 1, "longitude": 2}]', "holds U+000A (a control character): use printable"),
        ('[{"name": "a\\u202eb", "latitude": 1, "longitude": 2}]', "holds U+202E (RIGHT-TO-LEFT OVERRIDE): use printable"),
        ('[{"name": "  ", "latitude": 1, "longitude": 2}]', "name '' has 0 characters: it must have 1 to 100"),
        (f'[{{"name": "{"a" * 101}", "latitude": 1, "longitude": 2}}]', "has 101 characters: it must have 1 to 100"),
        ('[{"name": {"de": "x"}, "latitude": 1, "longitude": 2}]', 'name {"de": "x"} is not a text: write it in double quotes'),
        ('[{"name": ["x"], "latitude": 1, "longitude": 2}]', 'name ["x"] is not a text'),
        ('[{"name": 5, "latitude": 1, "longitude": 2}]', "name 5 is not a text: write it in double quotes"),
        ('[{"name": true, "latitude": 1, "longitude": 2}]', "name true is not a text"),
        ('[{"name": "x", "latitude": true, "longitude": 2}]', "latitude 'true' is not a number"),
        ('[{"name": "x", "latitude": NaN, "longitude": 2}]', "latitude 'NaN' is not a number"),
        (
            '[{"name": "x", "latitude": "52,5", "longitude": 2}]',
            "write decimal degrees with a point, such as 52.5244 (not 52,5244)",
        ),
        ('[{"name": "x", "name": "y", "latitude": 1, "longitude": 2}]', "has a key twice in name, name, latitude, longitude"),
        ("[" * 100_000, "locations is not JSON"),
        ('[{"name": "x", "latitude": 91, "longitude": 2}]', "latitude '91' is outside -90 to 90"),
        ('[{"name": "x", "latitude": 1, "longitude": 2, "elevation": 9001}]', "elevation '9001' is not a number of metres"),
        ('[{"name": "x", "latitude": 1, "longitude": 2, "tags": "a b"}]', "are not a list of words"),
        ('[{"name": "x", "latitude": 1, "longitude": 2, "tags": [5]}]', "tag 5 of x is not a text"),
        ('[{"name": "x", "latitude": 1, "longitude": 2, "tags": ["alps,north"]}]', "holds ',', so no run could choose it"),
        ('[{"name": "x", "latitude": 1, "longitude": 2, "tags": ["alps\\tnorth"]}]', "tag 'alps\\tnorth' holds U+0009"),
        ('[{"name": "x", "latitude": 1, "longitude": 2, "tags": [" "]}]', "tag '' has 0 characters"),
        ('[{"name": "x", "latitude": 1, "longitude": 2, "height": 3}]', "height is not known: a location has name, latitude"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_position(text: str, says: str) -> None:
    locations, findings = parse_json_locations(text)
    assert len(findings) == 1
    assert says in findings[0]
    assert locations == [] or "twice" in says


def test_two_names_may_stand_at_the_same_coordinates_and_one_name_only_once() -> None:
    locations = [Location("1", "2", "a"), Location("1", "2", "b"), Location("1", "2"), Location("3", "4", "a")]
    assert find_duplicates(locations) == ["location a is given twice: once is enough"]


def test_a_name_is_told_from_coordinates() -> None:
    assert Location.from_id("1,2") == Location("1", "2")
    assert Location.from_id("Springfield, Illinois") == Location("39.8", "-89.65", "Springfield, Illinois")


@pytest.mark.parametrize("written", ["Zu\u0308rich", " Zürich ", "Zürich"])
def test_names_that_look_alike_are_the_same_name(written: str) -> None:
    ((read,), _) = parse_json_locations(json.dumps([{"name": written, "latitude": 47.4, "longitude": 8.5}]))
    assert (read.location.name, read.written_name) == ("Zürich", None if written == "Zürich" else written)


def test_several_blanks_in_a_name_are_one() -> None:
    ((read,), _) = parse_json_locations('[{"name": "New  York", "latitude": 40.7, "longitude": -74}]')
    assert read.location.location_id == "New York"
