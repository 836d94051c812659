import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from barograph.cli import app
from barograph.settings import get_settings


@pytest.fixture
def closed_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A Cassandra that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    monkeypatch.setenv("CASSANDRA_PORT", str(port))
    get_settings.cache_clear()
    yield port
    get_settings.cache_clear()


def run(*arguments: str) -> Result:
    """What `barograph` with these arguments does."""
    return CliRunner().invoke(app, list(arguments))


def test_help_lists_every_command() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert {"init", "ledger", "audit", "explain", "fill", "quarantine"} <= set(result.output.split())


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("ledger", "--limit", "many"),
        ("init", "extra"),
        ("quarantine",),
        ("quarantine", "drop"),
        ("quarantine", "show"),
        ("quarantine", "list", "--state", "lost"),
        ("quarantine", "list", "--days", "1", "--day", "2024-04-01"),
        ("quarantine", "list", "--day", "yesterday"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_store_that_is_away_ends_with_1_and_one_clear_line(closed_port: int) -> None:
    result = subprocess.run(
        [sys.executable, "-c", "from barograph.cli import app; app()", "ledger"], capture_output=True, text=True
    )
    assert (result.returncode, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
    assert result.stderr.startswith(f"barograph: Cassandra at 127.0.0.1:{closed_port} does not answer")


def test_a_store_whose_name_is_unknown_is_away_too(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASSANDRA_HOST", "nowhere.invalid")
    get_settings.cache_clear()
    result = run("ledger")
    assert (result.exit_code, "does not answer" in result.stderr) == (1, True)


def test_the_quarantine_lists_its_commands() -> None:
    assert {"list", "show", "replay", "drop"} <= set(run("quarantine", "--help").output.split())


def test_a_replay_of_nothing_is_refused_before_spark_starts() -> None:
    result = run("quarantine", "replay")
    assert (result.exit_code, "nothing is selected: give at least one of" in result.stderr) == (1, True)
