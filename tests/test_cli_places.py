"""`barograph locations` and `barograph plan`, as far as they need no service."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from barograph.cli import app, locations, plan
from barograph.model.quota import Usage
from barograph.settings import get_settings

PLACES = "name,latitude,longitude,tags\nBrocken,51.8,10.6,summits\nHamburg,53.5507,9.993,\n"


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
    path = tmp_path / "places.csv"
    path.write_text(PLACES)
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def priced(file: Path, *arguments: str) -> Result:
    names = ("--hourly", "temperature_2m,rain", "--daily", "")
    return run("plan", "--start", "1990-01-01", "--end", "2019-12-31", "--locations", str(file), *names, *arguments)


def test_a_plan_prints_calls_weight_minutes_rows_and_bytes(file: Path) -> None:
    result = priced(file)
    assert result.exit_code == 0, result.output
    assert "open-meteo/archive hourly 1990-01-01..2019-12-31, 2 locations: " in result.output
    assert f"weight {2 * 0.2 * 10957 / 14:.1f}, 0 minutes under the quota, {2 * 24 * 10957} rows, " in result.output


def test_a_plan_beyond_the_quota_says_when_it_ends(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_QUOTA_DAY", "100")
    get_settings.cache_clear()
    assert "it ends on 2" in priced(file).output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the first line does not name name, latitude, longitude"),
        ("name,latitude,longitude\n", "holds no places"),
        ("name,latitude,longitude\na,1,2\na,1,2\n", "location a is given twice"),
        ("name,latitude,longitude\n" + "a,91,2\n" * 30, "and 10 more"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_whole(
    text: str, says: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(text)
    kept: list[object] = []
    store = SimpleNamespace(locations=SimpleNamespace(keep=kept.append))
    monkeypatch.setattr(locations, "open_store", lambda settings: nullcontext(store))
    result = run("locations", "import", str(file))
    assert (result.exit_code, kept) == (1, [])
    assert says in result.stderr


def test_a_file_that_is_not_there_is_named() -> None:
    result = run("locations", "import", "nowhere.csv")
    assert (result.exit_code, "nowhere.csv cannot be read" in result.stderr) == (1, True)


def test_an_import_says_how_many_places_and_which_tags(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SimpleNamespace(locations=SimpleNamespace(keep=lambda places: None))
    monkeypatch.setattr(locations, "open_store", lambda settings: nullcontext(store))
    assert run("locations", "import", str(file)).output == "2 places are kept, with tags summits\n"
