from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from barograph.cli import app
from barograph.cli import ledger as command
from barograph.model.attempt import Attempt, Manifest, Outcome
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.window import Window

CHUNK = Chunk("open-meteo/archive", "hourly", (Location("1", "2"),), ("rain",), Window(date(2024, 4, 1), date(2024, 4, 2)))
LANDED = Attempt(CHUNK, 1, "COMMITTED", "m", "t", Manifest("x", "y", {}, 24, 0), Outcome(24, 0, 0))
FAILED = Attempt(replace(CHUNK, variables=("showers",)), 2, "FAILED", "m", "t", message="the source was away: wait for it")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What the ledger is asked for; it holds two attempts of each of two resolutions."""
    questions = list[tuple[object, ...]]()

    def newest(*question: object) -> list[Attempt]:
        questions.append(question)
        return [replace(one, chunk=replace(one.chunk, resolution=question[1])) for one in (FAILED, LANDED)]  # type: ignore[arg-type]

    def overlapping(chunks: Sequence[Chunk]) -> list[Attempt]:
        return []

    keys = [("open-meteo/archive", "daily"), ("open-meteo/archive", "hourly")]
    ledger = SimpleNamespace(sources=lambda: keys, newest=newest, overlapping=overlapping)
    monkeypatch.setattr(command, "open_store", lambda settings: nullcontext(SimpleNamespace(ledger=ledger)))
    return questions


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["ledger", *arguments])


def test_a_failed_attempt_is_shown_with_its_stored_reason(asked: list[tuple[object, ...]]) -> None:
    lines = run("--resolution", "hourly").output.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["open-meteo/archive/hourly/2", "open-meteo/archive/hourly/1"]
    assert "FAILED" in lines[1]
    assert lines[3] == "open-meteo/archive/hourly/2: the source was away: wait for it"


def test_the_ledger_is_asked_for_no_more_than_what_is_shown(asked: list[tuple[object, ...]]) -> None:
    run("--limit", "3", "--source", "open-meteo/archive", "--since", "2026-11-22", "--resolution", "daily")
    assert asked == [("open-meteo/archive", "daily", 3, datetime(2026, 11, 22, tzinfo=UTC))]


def test_a_source_that_has_no_attempts_shows_none(asked: list[tuple[object, ...]]) -> None:
    assert (run("--source", "nowhere").exit_code, asked) == (0, [])


@pytest.mark.parametrize("limit", ["-1", "0"])
def test_a_limit_that_would_show_nothing_is_wrong_usage(limit: str) -> None:
    assert run("--limit", limit).exit_code == 2
