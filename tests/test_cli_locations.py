"""`barograph locations` and `barograph plan`, as far as they need no service."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from barograph.cli import app, locations, plan
from barograph.model.location import Location
from barograph.model.quota import Usage
from barograph.model.tagged_location import TaggedLocation
from barograph.read.locations import LocationPage
from barograph.settings import get_settings
from barograph.store.locations import KnownLocation

LOCATIONS = "name,latitude,longitude,tags\nBrocken,51.8,10.6,summits\nHamburg,53.5507,9.993,\n"


def use_store(monkeypatch: pytest.MonkeyPatch, **methods: object) -> None:
    """Let the commands find a store whose locations have these methods."""
    store = SimpleNamespace(locations=SimpleNamespace(**methods))
    monkeypatch.setattr(locations, "open_store", lambda settings: nullcontext(store))


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OPEN_METEO_MODE", "online")
    get_settings.cache_clear()
    store = SimpleNamespace(usage=SimpleNamespace(read=lambda host: Usage()))
    monkeypatch.setattr(plan, "open_store", lambda settings: nullcontext(store))
    yield
    get_settings.cache_clear()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "locations.csv"
    path.write_text(LOCATIONS)
    return path


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[TaggedLocation]:
    """What an import keeps."""
    kept: list[TaggedLocation] = []

    def keep(given: Sequence[TaggedLocation], report: Callable[[int], None]) -> None:
        kept.extend(given)

    use_store(monkeypatch, keep=keep)
    return kept


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def priced(file: Path, *arguments: str) -> Result:
    names = ("--hourly", "temperature_2m,rain", "--daily", "")
    return run("plan", "--start", "1990-01-01", "--end", "2019-12-31", "--locations", str(file), *names, *arguments)


def test_a_plan_prints_calls_cost_minutes_rows_and_bytes(file: Path) -> None:
    result = priced(file)
    assert result.exit_code == 0, result.output
    assert "open-meteo/archive hourly 1990-01-01..2019-12-31, 2 locations: " in result.output
    assert f"cost {2 * 0.2 * 10957 / 14:.1f}, 0 minutes under the quota, {2 * 24 * 10957} rows, " in result.output


def test_a_plan_beyond_the_quota_says_when_it_ends(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_QUOTA", "600/5000/100")
    get_settings.cache_clear()
    assert "it ends on 2" in priced(file).output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty: the first line must name name, latitude, longitude"),
        ("name,latitude,longitude\n", "holds no locations"),
        ("name,latitude,longitude\na,1,2\na,1,2\n", "location a is given twice"),
        ("name,latitude,longitude\n" + "a,91,2\n" * 30, "the lines after it were not read"),
        ("name,latitude,longitude\n" + "a,1,2\nb,1,2\n" * 2, "location b is given twice"),
        ("name,latitude,longitude\n" + "a" * 100_000_000, "line 2: more than 10000 characters in one line"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_whole(
    text: str, says: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(text)
    kept: list[object] = []
    use_store(monkeypatch, keep=lambda given, report: kept.append(given))
    result = run("locations", "import", str(file))
    assert (result.exit_code, kept) == (1, [])
    assert says in result.stderr


def test_a_file_that_is_not_there_is_named() -> None:
    result = run("locations", "import", "nowhere.csv")
    assert (result.exit_code, "nowhere.csv cannot be read" in result.stderr) == (1, True)


def test_an_import_says_how_many_locations_and_which_tags(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_store(monkeypatch, keep=lambda given, report: None)
    assert run("locations", "import", str(file)).output == "2 locations are kept, with tags summits\n"


@pytest.mark.parametrize("name", ["locations.JSON", "locations.json"])
def test_the_ending_json_is_read_as_json_in_any_case(name: str, tmp_path: Path, kept: list[TaggedLocation]) -> None:
    file = tmp_path / name
    file.write_text('\ufeff[{"name": "Brocken", "latitude": 51.8, "longitude": 10.6, "tags": ["summits"]}]', encoding="utf-8")
    result = run("locations", "import", str(file))
    assert (result.exit_code, [tagged.location.name for tagged in kept]) == (0, ["Brocken"])


def test_a_byte_order_mark_and_windows_line_ends_are_read(file: Path, kept: list[TaggedLocation]) -> None:
    file.write_bytes('\ufeffname,latitude,longitude\r\n"L\'Aquila, centro",42.35,13.4\r\n'.encode())
    assert run("locations", "import", str(file)).exit_code == 0
    assert [tagged.location.name for tagged in kept] == ["L'Aquila, centro"]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_named(encoding: str, file: Path) -> None:
    file.write_text("name,latitude,longitude\nZürich,47.4,8.5\n", encoding=encoding)
    result = run("locations", "import", str(file))
    assert (result.exit_code, "is no text in UTF-8" in result.stderr, "save it as UTF-8" in result.stderr) == (1, True, True)


def test_a_name_that_is_kept_in_another_form_is_told(file: Path, kept: list[TaggedLocation]) -> None:
    file.write_text("name,latitude,longitude\nZu\u0308rich,47.4,8.5\n", encoding="utf-8")
    output = run("locations", "import", str(file)).output
    assert "name 'Zu\u0308rich' is kept as 'Zürich'" in output
    assert [tagged.location.name for tagged in kept] == ["Zürich"]


def test_twins_in_composed_and_decomposed_letters_are_refused(file: Path, kept: list[TaggedLocation]) -> None:
    file.write_text("name,latitude,longitude\nZu\u0308rich,47.4,8.5\nZürich,47.4,8.5\n", encoding="utf-8")
    result = run("locations", "import", str(file))
    assert (result.exit_code, "location Zürich is given twice" in result.stderr, kept) == (1, True, [])


def test_a_json_file_beyond_the_bound_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locations, "MAX_JSON", 10)
    file = tmp_path / "large.json"
    file.write_text("[" + " " * 100 + "]")
    result = run("locations", "import", str(file))
    assert (result.exit_code, "write it as CSV, which is read line by line" in result.stderr) == (1, True)


READ = """
import resource, sys
from pathlib import Path
from barograph.cli.locations import read_locations_file
before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read = read_locations_file(Path(sys.argv[1]))
print(len(read), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib)
"""


@pytest.mark.timeout(120)
def test_each_location_of_a_large_file_costs_less_than_a_kilobyte_of_memory(tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    with file.open("w", encoding="utf-8") as text:
        text.write("name,latitude,longitude,elevation,tags\n")
        text.writelines(f"station {n},{n / 1000:.4f},{n / 500:.4f},{n / 100:.1f},all no-{n % 100}\n" for n in range(20_000))
    done = subprocess.run([sys.executable, "-c", READ, str(file)], capture_output=True, text=True, check=True)
    count, grown_kib = map(int, done.stdout.split())
    assert (count, grown_kib < 20_000) == (20_000, True), f"{grown_kib} KiB"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("Brocken", "51.8;10.6"), "'51.8;10.6' is no pair of coordinates"),
        (("Brocken", "-91,10.6"), "latitude '-91' is outside -90 to 90 degrees"),
        (("Brocken", "51.8,10.6", "--elevation", "high"), "elevation 'high' is not a number of metres"),
    ],
)
def test_a_location_moves_to_coordinates_only(arguments: tuple[str, ...], says: str) -> None:
    result = run("locations", "move", *arguments)
    assert (result.exit_code, says in result.stderr) == (1, True)


def test_a_move_says_what_happens_to_the_values_recorded_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[object] = []

    def move(*to: object) -> Location:
        moved.extend(to)
        return Location("51.8", "10.6", "-33 south")

    use_store(monkeypatch, move=move)
    result = run("locations", "move", "-33 south", "-33.50,151", "--elevation", "12.0")
    assert (result.exit_code, moved) == (0, ["-33 south", "-33.5", "151", "12"])
    assert "-33 south was at 51.8,10.6 and is at -33.5,151. Values recorded so far stay as they are" in result.output


def test_a_retired_location_is_told_with_what_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    use_store(monkeypatch, retire=lambda name: None)
    assert "Brocken is retired: no run chooses it by its tags. Its values stay" in run("locations", "retire", "Brocken").output


def test_a_page_that_is_not_the_last_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    known = KnownLocation(Location("1", "2", "Oslo [/north]"), frozenset({"a"}), {}, {}, None)
    use_store(monkeypatch)
    monkeypatch.setattr(locations, "find_page", lambda store, **wanted: LocationPage([known], has_more=True))
    result = run("locations", "list", "Os", "--limit", "1")
    assert (result.exit_code, "Oslo [/north]" in result.stdout, result.stderr) == (
        *(0, True),
        "there are more: --after 'Oslo [/north]'\n",
    )


@pytest.mark.parametrize(
    ("exported", "texts"),
    [
        ({"hourly": "rain"}, {"hourly": "rain"}),
        ({"hourly": {"value": "rain", "description": "…"}}, {"hourly": "rain"}),
        ({"revision_days": {"value": 3, "description": "…"}}, {"revision_days": "3"}),
        ({"locations": {"value": [{"name": "x"}], "description": "…"}}, {"locations": '[{"name": "x"}]'}),
        ({"hourly": ["rain"]}, {"hourly": '["rain"]'}),
    ],
)
def test_exported_variables_are_read_as_they_were_set(exported: object, texts: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "variables.json"
    file.write_text(json.dumps(exported))
    assert plan.read_exported(file) == texts


def test_a_plan_refuses_variables_written_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "_read_variables", lambda: {"latitudes": "1", "longitudes": "2", "hourly": '["rain"]'})
    result = run("plan", "--start", "2024-05-01", "--end", "2024-05-02")
    assert (result.exit_code, "without brackets and quotes, as rain" in result.stderr) == (1, True)


@pytest.mark.usefixtures("kept")
def test_of_many_tags_the_first_are_named(file: Path) -> None:
    file.write_text("name,latitude,longitude,tags\n" + "".join(f"n{n},1.5,2,t{n:02}\n" for n in range(30)))
    assert run("locations", "import", str(file)).output.endswith("t18, t19, … 10 more\n")
