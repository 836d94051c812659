"""One engine, one project of docker-compose.yml and one embedded stack for all tests here; what was measured is shown last."""

import os
from collections.abc import Iterator

import pytest

from stack.side_stack import SideStack
from tests.commands import CannotRunError
from tests.compose.engine import an_engine
from tests.compose.images import sizes, the_images
from tests.compose.platform import TABLES, Platform, a_platform, every_row, read_json

HISTORY = {"start_date": "2024-05-01", "end_date": "2024-05-14"}
Rows = dict[str, list[str]]
_report: list[str] = []


@pytest.fixture(scope="session")
def embedded_rows() -> Rows:
    """What the embedded stack lands from the same weather: the first run's day, and HISTORY."""
    side = SideStack("compose")
    side.prepare()
    try:
        started = side.run("--offline")
        assert started.returncode == 0, started.stdout + started.stderr
        run_id = side.airflow.trigger("historic_weather_data_dag", HISTORY)
        assert side.airflow.wait("historic_weather_data_dag", run_id, 600).state == "success"
        return {table: read_json(side.run("cqlsh", "-e", every_row(table)).stdout) for table in TABLES}
    finally:
        side.remove()


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """The project, built but not up."""
    if os.environ.get("COMPOSE_TESTS") == "skip":
        pytest.skip("COMPOSE_TESTS=skip: docker-compose.yml was NOT run")
    try:
        with an_engine() as engine:
            images = the_images(engine)
            with a_platform(engine, images) as platform:
                platform.compose("build")
                _report.append(f"engine: {engine.what}; {platform.compose('version').strip()}")
                _report.append(f"local images: {', '.join(images.local) or 'none, all were pulled'}; {images.why}")
                _report.extend(f"image: {line}" for line in sizes(engine))
                yield platform
                _report.extend(platform.said)
    except CannotRunError as error:
        pytest.fail(f"docker-compose.yml was NOT run: {error}. COMPOSE_TESTS=skip leaves these tests out", pytrace=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what ran."""
    for line in _report:
        terminalreporter.write_line(f"compose: {line}")
