"""What a CSV file of locations may hold, and how each mistake in one is named: by the line as an editor counts it."""

from io import StringIO

import pytest

from barograph.model.csv_locations import MAX_FINDINGS, MAX_LINE, parse_csv_locations
from barograph.model.tagged_location import TaggedLocation

HEAD = "name,latitude,longitude\n"
ALL = "name,latitude,longitude,elevation,tags\n"


def read(text: str) -> tuple[list[TaggedLocation], list[str]]:
    """The file as Python's text files give its lines."""
    return parse_csv_locations(StringIO(text))


def test_a_file_holds_names_coordinates_elevations_and_tags() -> None:
    locations, findings = read(f"{ALL}Brocken,51.799,10.618,1141,summits  harz\nHamburg,53.5507,9.9930,,\n")
    assert findings == []
    assert [(one.location.location_id, one.location.elevation, sorted(one.tags)) for one in locations] == [
        ("Brocken", "1141", ["harz", "summits"]),
        ("Hamburg", None, []),
    ]
    assert locations[1].location.longitude == "9.993"


@pytest.mark.parametrize(
    "text",
    [
        " Name, latitude ,LONGITUDE\nA,1.5,2\n",
        "longitude,name,latitude\n2,A,1.5\n",
        "\n\nname,latitude,longitude\n\nA,1.5,2\n\n",
        '"name","latitude","longitude"\n"A","1.5","2"',
        "name,latitude,longitude\n A , 1.5 , 2 \n",
        "name,latitude,longitude\r\nA,1.5,2\r\n",
    ],
)
def test_case_blanks_order_and_line_ends_make_no_difference(text: str) -> None:
    (location,), findings = read(text)
    assert findings == []
    assert (location.location.name, location.location.latitude, location.location.longitude) == ("A", "1.5", "2")


@pytest.mark.parametrize("name", ["L'Aquila, centro", 'The "Rock"', "Hamburg [airport]", "-33 south", "=1+1"])
def test_quoted_names_keep_their_commas_quotes_and_signs(name: str) -> None:
    quoted = name.replace('"', '""')
    (location,), findings = read(f'{HEAD}"{quoted}",1.5,2\n')
    assert (location.location.name, findings) == (name, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "the file is empty: the first line must name name, latitude, longitude", id="empty"),
        pytest.param("\n \n", "the file is empty", id="blank lines alone"),
        pytest.param(
            "\nname,lat,lon\n", "line 2: the columns name, lat, lon do not name latitude, longitude: ", id="other names"
        ),
        pytest.param("name;latitude;longitude\nA;1;2\n", "line 1: the columns are separated by semicolons", id="semicolons"),
        pytest.param("name\tlatitude\tlongitude\n", "line 1: the columns are separated by tabs", id="tabs"),
        pytest.param(f"{HEAD[:-1]},latitude\n", "line 1: column 'latitude' is named twice", id="column twice"),
        pytest.param(f"{HEAD[:-1]},height\n", "line 1: column 'height' is not known", id="unknown column"),
        pytest.param("[{}]", "line 1: this looks like JSON: give the file a name that ends in .json", id="JSON"),
        pytest.param(f"{HEAD}\nB,1.5,2\n\n,,\n", "line 5: name, latitude, longitude is missing", id="blank lines are counted"),
        pytest.param(f"{HEAD}Berlin,52,5,13,4\n", "line 2: 5 fields where the first line names 3: quote", id="too many fields"),
        pytest.param(f"{ALL}Berlin,52.5,13.4\n", "line 2: 3 fields where the first line names 5: write", id="cut off"),
        pytest.param(f"{ALL}Berlin,52,5,13,4\n", "line 2: 52, 5, 13, 4 look like two decimal commas", id="decimal commas"),
        pytest.param(
            f'{HEAD}"A"x,1,2\n', "line 2: a quote that opens here does not close before the field", id="text after quote"
        ),
        pytest.param(f"{HEAD}A\0,1,2\n", "line 2: a NUL byte: this is no text in UTF-8", id="NUL"),
        pytest.param(f"{HEAD}a\x1b[2J,1,2\n", "line 2: name 'a\\x1b[2J' holds U+001B", id="escape code"),
        pytest.param(f'{ALL}A,1.5,2,,"alps,north"\n', "line 2: tag 'alps,north' of A holds ','", id="comma in a tag"),
        pytest.param(f"{HEAD}{'a' * MAX_LINE},1,2\n", f"line 2: more than {MAX_LINE} characters in one line", id="long line"),
    ],
)
def test_a_mistake_is_named_by_its_line(text: str, says: str) -> None:
    findings = read(text)[1]
    assert len(findings) == 1
    assert findings[0].startswith(says)


def test_one_quote_too_many_is_named_where_it_opens_and_the_other_lines_are_read() -> None:
    text = f'{HEAD}"A,1,2\n' + "".join(f"location {n},1.5,2.5\n" for n in range(9000))
    locations, findings = read(text)
    assert (len(locations), [finding.partition(":")[0] for finding in findings]) == (9000, ["line 2"])


def test_a_line_break_in_quotes_is_refused_where_the_quote_opens() -> None:
    assert read(f'{HEAD}A,1.5,2\n"two\nlines",1.5,2.5\n')[1][0].startswith("line 3: a quote that opens here does not close")


def test_everything_wrong_is_listed_by_line() -> None:
    findings = read(f"{HEAD}a,1,x\nb,1,2\nc,,3\n")[1]
    assert [finding.partition(":")[0] for finding in findings] == ["line 2", "line 4"]


def test_reading_ends_when_there_is_enough_to_mend() -> None:
    lines = iter([HEAD, *(["a,91,2\n"] * 1000)])
    findings = parse_csv_locations(lines)[1]
    assert (len(findings), findings[-1]) == (MAX_FINDINGS + 1, "the lines after it were not read")
    assert sum(1 for _ in lines) == 1000 - MAX_FINDINGS
