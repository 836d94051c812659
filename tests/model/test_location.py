import pytest

from barograph.errors import RequestRefused
from barograph.model.location import Location, find_duplicates, parse_degrees, parse_locations


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("52.5244", "52.5244"),
        ("9.9930", "9.993"),
        (" 13.4105 ", "13.4105"),
        ("-80.300", "-80.3"),
        ("50", "50"),
        ("50.", "50"),
        ("10.0", "10"),
        ("+5", "5"),
        (".5", "0.5"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("0e5", "0"),
        ("1e1", "10"),
        ("5.25e1", "52.5"),
        ("25e-1", "2.5"),
        ("90", "90"),
        ("-90", "-90"),
        ("12.3456789012345", "12.3456789012345"),
    ],
)
def test_degrees_are_plain_decimals_without_trailing_zeros(text: str, plain: str) -> None:
    assert parse_degrees(text, 90, "latitude") == plain


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not a number"),
        ("north", "is not a number"),
        ("52,5", r"is not a number: write decimal degrees with a point, such as 52.5244 \(not 52,5244\)"),
        ("52.5N", "is not a number"),
        ("NaN", "is not a number|is outside"),
        ("sNaN", "is not a number|is outside"),
        ("Infinity", "is not a number|is outside"),
        ("90.0001", "is outside -90 to 90"),
        ("-91", "is outside -90 to 90"),
        ("1e3", "is outside -90 to 90"),
        ("90.00000000000000000000000000000001", "more than 15 digits"),
        ("12.34567890123456", "more than 15 digits"),
        ("1e-16", "more than 15 digits"),
        ("1e-99999", "is not a number|more than 15 digits"),
    ],
)
def test_refuses_what_is_no_coordinate(text: str, why: str) -> None:
    with pytest.raises(RequestRefused, match=why):
        parse_degrees(text, 90, "latitude")


def test_refuses_python_number_syntax_that_no_one_means() -> None:
    with pytest.raises(RequestRefused, match="is not a number"):
        parse_degrees("5_2.5", 90, "latitude")


def test_a_refusal_names_the_coordinate_and_its_text() -> None:
    with pytest.raises(RequestRefused, match="longitude '181' is outside -180 to 180 degrees"):
        parse_degrees("181", 180, "longitude")


def test_the_id_is_made_of_both_coordinates() -> None:
    assert Location("53.5507", "9.993").location_id == "53.5507,9.993"


def test_a_location_is_found_again_from_its_id() -> None:
    assert Location.from_id("53.5507,9.993") == Location("53.5507", "9.993")


def test_coordinates_are_paired_in_order() -> None:
    locations, findings = parse_locations("52.5244, 53.5507", "13.4105,9.9930")
    assert [one.location_id for one in locations] == ["52.5244,13.4105", "53.5507,9.993"]
    assert findings == []


def test_longitudes_may_be_larger_than_latitudes() -> None:
    assert parse_locations("25.817", "-122.4") == ([Location("25.817", "-122.4")], [])


def test_swapped_lists_are_refused_where_a_latitude_is_out_of_range() -> None:
    assert parse_locations("-122.4", "25.817")[1] == ["latitude '-122.4' is outside -90 to 90 degrees"]


def test_unequal_counts_are_refused() -> None:
    assert parse_locations("1,2,3", "1,2")[1] == ["3 latitudes but 2 longitudes: they are paired in order, give as many"]


@pytest.mark.parametrize(("latitudes", "longitudes", "counts"), [("1", "", (1, 0)), (" ", "1", (0, 1))])
def test_half_a_pair_is_refused(latitudes: str, longitudes: str, counts: tuple[int, int]) -> None:
    said = f"{counts[0]} latitudes but {counts[1]} longitudes: they are paired in order, give as many"
    assert parse_locations(latitudes, longitudes)[1] == [said]


def test_no_coordinates_are_no_locations() -> None:
    assert parse_locations("", " ") == ([], [])


def test_a_location_given_twice_is_found_however_it_is_written() -> None:
    locations, _ = parse_locations("9.9930,1,9.993", "5,1,5.0")
    assert find_duplicates(locations) == ["location 9.993,5 is given twice: once is enough"]


def test_all_that_is_wrong_is_listed_at_once() -> None:
    assert len(parse_locations("91,x,1.5", "1,181,2")[1]) == 2


def test_a_list_with_one_empty_item_is_refused() -> None:
    assert parse_locations("1.5,,2", "1,2,3")[1] == ["latitude '' is not a number: write decimal degrees such as 52.5244"]


@pytest.mark.timeout(5)
def test_ten_thousand_locations_are_read_at_once() -> None:
    latitudes = ",".join(f"{n / 1000:.3f}" for n in range(10_000))
    locations, findings = parse_locations(latitudes, ",".join(["1"] * 10_000))
    assert (len(locations), findings) == (10_000, [])


@pytest.mark.parametrize(("latitudes", "longitudes"), [("52,5", "13,4"), ("-33,8,48,2", "151,2,16,4"), ("1, 2", "3, 4")])
def test_decimal_commas_are_refused_where_they_would_give_other_locations(latitudes: str, longitudes: str) -> None:
    findings = parse_locations(latitudes, longitudes)[1]
    assert len(findings) == 1
    assert "whole numbers only, as decimal commas would give: write decimals with a point (52.5)" in findings[0]


@pytest.mark.parametrize(
    ("latitudes", "longitudes", "ids"),
    [("52", "13", ["52,13"]), ("52.0,5", "13,4", ["52,13", "5,4"]), ("5e1,5", "13,4", ["50,13", "5,4"])],
)
def test_whole_degrees_are_taken_where_they_cannot_be_decimal_commas(latitudes: str, longitudes: str, ids: list[str]) -> None:
    locations, findings = parse_locations(latitudes, longitudes)
    assert ([one.location_id for one in locations], findings) == (ids, [])
