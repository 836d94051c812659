import pytest

from barograph.model.location import Location, find_duplicates
from barograph.model.place import parse_csv_locations, parse_json_locations

BROCKEN = '{"name": "Brocken", "latitude": 51.7990, "longitude": 10.618, "elevation": 1141.0, "tags": ["summits"]}'


def test_a_named_place_keeps_its_coordinates_as_written() -> None:
    (place,), findings = parse_json_locations(f"[{BROCKEN}]")
    assert findings == []
    assert place.location.to_json() == {"name": "Brocken", "latitude": "51.799", "longitude": "10.618", "elevation": "1141"}
    assert (place.location.location_id, place.tags) == ("Brocken", frozenset({"summits"}))


def test_a_file_holds_the_same_places() -> None:
    lines = ["name,latitude,longitude,elevation,tags", "Brocken,51.799,10.618,1141,summits harz", "Hamburg,53.5507,9.9930,,"]
    places, findings = parse_csv_locations(lines)
    assert findings == []
    assert [(one.location.location_id, one.location.elevation, sorted(one.tags)) for one in places] == [
        ("Brocken", "1141", ["harz", "summits"]),
        ("Hamburg", None, []),
    ]
    assert places[1].location.longitude == "9.993"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "locations is not JSON"),
        ("{}", "locations is not a list of objects"),
        ('["Berlin"]', "locations is not a list of objects"),
        ('[{"name": "Berlin"}]', "latitude, longitude is missing"),
        ('[{"name": "52.5,13.4", "latitude": 1, "longitude": 2}]', "and no coordinates"),
        ('[{"name": "a\\nb", "latitude": 1, "longitude": 2}]', "printable characters"),
        ('[{"name": "x", "latitude": 91, "longitude": 2}]', "latitude '91' is outside -90 to 90"),
        ('[{"name": "x", "latitude": 1, "longitude": 2, "elevation": 9001}]', "elevation '9001' is not a number of metres"),
        ('[{"name": "x", "latitude": 1, "longitude": 2, "tags": "a b"}]', "are not a list of words"),
        ('[{"name": "x", "latitude": 1, "longitude": 2, "height": 3}]', "height is not known: a place has name, latitude"),
    ],
)
def test_what_is_no_place_is_refused_with_its_position(text: str, says: str) -> None:
    places, findings = parse_json_locations(text)
    assert places == []
    assert len(findings) == 1
    assert says in findings[0]


def test_everything_wrong_in_a_file_is_listed_by_line() -> None:
    findings = parse_csv_locations(["name,latitude,longitude", "a,1,x", "b,1,2", "c,,3"])[1]
    assert [finding.partition(":")[0] for finding in findings] == ["line 2", "line 4"]


def test_a_file_without_coordinates_is_refused() -> None:
    assert parse_csv_locations(["name,lat,lon"])[1] == [
        "the first line does not name latitude, longitude: it must name name, latitude, longitude"
    ]


def test_two_names_may_stand_at_the_same_coordinates_and_one_name_only_once() -> None:
    places = [Location("1", "2", "a"), Location("1", "2", "b"), Location("1", "2"), Location("3", "4", "a")]
    assert find_duplicates(places) == ["location a is given twice: once is enough"]


def test_a_name_is_told_from_coordinates() -> None:
    assert Location.from_id("1,2") == Location("1", "2")
    assert Location.from_id("Springfield, Illinois") == Location("39.8", "-89.65", "Springfield, Illinois")
