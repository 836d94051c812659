"""docs/add-a-source.md and docs/add-a-variable.md, followed: their code is the example's, and the example is recorded."""

import json
import re
import textwrap
from datetime import date
from pathlib import Path

import pytest

from barograph.errors import RequestRefused
from barograph.model.request import Request
from barograph.orchestration.progress import Progress
from barograph.settings import Settings
from barograph.sources.plan import plan_request
from barograph.sources.registry import PROVIDERS, Provider, Sources
from tests.contract.station_files import INFO, StationFiles
from tests.contract.station_files_subject import HOURS, STATIONS, AtFiles
from tests.orchestration.fake_source import Run

ROOT = Path(__file__).parents[2]
FOLLOWED = {
    "add-a-source.md": ("python", ["tests/contract/station_files.py", "tests/contract/test_source_contract.py", __file__]),
    "add-a-variable.md": ("csv", ["src/barograph/model/variables.csv", "src/barograph/sources/open_meteo/variables.csv"]),
}


@pytest.mark.parametrize("page", FOLLOWED)
def test_the_code_of_the_page_is_code_that_runs(page: str) -> None:
    language, files = FOLLOWED[page]
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)
    code = "\n".join((ROOT / file).read_text(encoding="utf-8") for file in files)
    assert len(blocks) >= 2
    assert [block for block in blocks if block.strip() not in code and textwrap.dedent(block).strip() not in code] == []


@pytest.mark.parametrize("page", FOLLOWED)
def test_the_files_that_the_page_names_exist(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:src|tests|stack)/[\w/]+\.\w+", text))
    assert len(named) >= 2
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """A registry with the example in it."""
    folder = AtFiles(tmp_path).folder
    return Sources(Settings(), providers=[*PROVIDERS, Provider(INFO, lambda settings, secret: StationFiles(folder))])


def request(source: str = "station-files/hourly", end_date: str = "2024-04-02") -> Request:
    """A request for both stations."""
    places = [{"name": one.location_id, "latitude": one.latitude, "longitude": one.longitude} for one in STATIONS]
    return Request("", "", ("temperature_2m", "rain"), (), "2024-04-01", end_date, source, json.dumps(places))


def test_a_registered_source_is_planned_asked_and_sent_by_the_code_that_knows_it_by_the_registry_alone(sources: Sources) -> None:
    planned = plan_request(request(), date(2026, 11, 22), sources)
    chunks = [part for chunk in planned for part in sources.of(chunk.source).split(chunk)]
    run = Run()
    extraction = run.prepare(sources)
    extraction.run(chunks, Progress(len(chunks), 0, lambda chunk: None))
    assert [(one.chunk.locations, one.status) for one in run.ledger.attempts] == [
        ((station,), "EXTRACTED") for station in STATIONS
    ]
    assert extraction.observations == sum(len(hours) for hours in HOURS.values())
    assert extraction.refused == []


def test_what_is_wrong_is_listed_as_for_every_source(sources: Sources) -> None:
    with pytest.raises(RequestRefused) as refused:
        plan_request(request(end_date="2030-01-01", source="station-files/daily"), date(2026, 11, 22), sources)
    assert [finding.partition(":")[0] for finding in refused.value.findings] == [
        "end_date 2030-01-01 is not over yet",
        "source 'station-files/daily' is not known",
    ]
