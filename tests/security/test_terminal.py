"""Control codes, marks of direction, markup and forged lines in text of others: every command and message shows it harmlessly."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, Final

import pytest
from rich.table import Table
from typer.testing import CliRunner

from barograph.cli import app, explain, fill, ledger, locations, programs, quarantine
from barograph.errors import BarographError, Permanent, RequestRefused, SourceBusy
from barograph.gaps import GapPlan
from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.fill import Gap
from barograph.model.location import Location
from barograph.model.quarantine import QuarantineId
from barograph.model.window import Window
from barograph.read.quarantine import QuarantinePage
from barograph.settings import Settings
from barograph.spark_failures import SparkOutput
from barograph.store.cells import StoredCell
from barograph.store.ledger_rows import read_attempt
from barograph.store.locations import KnownLocation
from barograph.store.quarantine import KeptRecord, Quarantined
from stack import console as stack_console

FORGED: Final = "FORGED everything is fine"
HOSTILE: Final = f"x\x1b[2J\x1b]0;title\x07\x9b31m\u202e[red]:smile:\u2028y\r\n{FORGED}\n\n{FORGED}"
DAY: Final = Window(date(2024, 4, 1), date(2024, 4, 2))
CHUNK: Final = Chunk("open-meteo/archive", "hourly", (Location("1", "2", HOSTILE),), ("rain",), DAY)
ATTEMPT: Final = Attempt(CHUNK, 1_763_683_200_000_000, "FAILED", HOSTILE, HOSTILE, message=HOSTILE)
RECORD: Final = QuarantineId("open-meteo/archive", "hourly", ATTEMPT.version, "hourlymetrics", 0, 17)
NOTE: Final = Quarantined(RECORD, f"foreign: {HOSTILE}", HOSTILE, "open", HOSTILE)
KEPT: Final = KeptRecord(RECORD, HOSTILE, HOSTILE.encode(), HOSTILE.encode() + b"\xff", [(HOSTILE, HOSTILE)])
KNOWN: Final = KnownLocation(
    Location("1", "2", HOSTILE), frozenset({HOSTILE}), {HOSTILE: (1.0, 2.0, None)}, {}, datetime(2024, 1, 1, tzinfo=UTC)
)


def assert_harmless(shown: str) -> None:
    """Nothing that a terminal acts on, nothing taken for markup, and no line that the data has begun."""
    assert [letter for letter in shown if not letter.isprintable() and letter != "\n"] == []
    assert FORGED in shown
    assert not any(line.strip().startswith(FORGED) for line in shown.splitlines())
    assert "[red]:smile:" in shown


def shown_by(module: Any, monkeypatch: pytest.MonkeyPatch, store: Mapping[str, object], *arguments: str) -> str:  # noqa: ANN401  # modules
    """What a command prints with this store."""
    monkeypatch.setattr(module, "open_store", lambda settings: nullcontext(SimpleNamespace(settings=Settings(), **store)))
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    return result.output


def ledger_of(*attempts: Attempt) -> SimpleNamespace:
    """A ledger that holds these."""
    return SimpleNamespace(
        sources=lambda: [("open-meteo/archive", "hourly")],
        newest=lambda *_: list(attempts),
        overlapping=lambda _: list(attempts),
        get=lambda _: list(attempts),
    )


def test_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_harmless(shown_by(ledger, monkeypatch, {"ledger": ledger_of(ATTEMPT)}, "ledger"))


def test_explain(monkeypatch: pytest.MonkeyPatch) -> None:
    wrote = replace(ATTEMPT, status="COMMITTED", message=None)
    since = replace(ATTEMPT, version=ATTEMPT.version + 1)
    store = {"ledger": ledger_of(since, wrote), "read_cell": lambda *_: StoredCell(1.0, wrote.version)}
    assert_harmless(shown_by(explain, monkeypatch, store, "explain", "1,2", "2024-04-01T05:00", "rain"))


def test_quarantine_list(monkeypatch: pytest.MonkeyPatch) -> None:
    page = QuarantinePage({HOSTILE: 1}, [NOTE])
    monkeypatch.setattr(quarantine, "find_records", lambda *_: page)
    assert_harmless(shown_by(quarantine, monkeypatch, {"quarantine": None}, "quarantine", "list"))


def test_quarantine_show(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = SimpleNamespace(find=lambda _: [NOTE], read=lambda _: [KEPT])
    store = {"quarantine": kept, "ledger": ledger_of(ATTEMPT)}
    shown = shown_by(quarantine, monkeypatch, store, "quarantine", "show", str(RECORD))
    assert_harmless(shown)
    assert len(shown.splitlines()) == 10


def test_locations_list(monkeypatch: pytest.MonkeyPatch) -> None:
    page = SimpleNamespace(locations=[KNOWN], has_more=True)
    monkeypatch.setattr(locations, "find_page", lambda *_, **__: page)
    assert_harmless(shown_by(locations, monkeypatch, {}, "locations", "list"))


def test_fill(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = GapPlan(ask=[Gap(CHUNK, HOSTILE)], load=[ATTEMPT], older=[Gap(CHUNK, HOSTILE)])
    monkeypatch.setattr(fill, "find_gaps", lambda *_: plan)
    assert_harmless(shown_by(fill, monkeypatch, {}, "fill", "--dry-run"))


def test_what_spark_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    text = HOSTILE.replace("\r", "").replace("\n", " ")
    command = ["sh", "-c", 'printf "%s\\n" "$1" >&2; exit 1', "sh", f"barograph: audit failed permanently: {text}"]
    monkeypatch.setattr(programs, "submit_command", lambda *_: command)
    assert_harmless(CliRunner().invoke(app, ["audit"]).output)


def test_why_spark_failed() -> None:
    output = SparkOutput()
    list(output.read([f"java.io.IOException: {HOSTILE}"]))
    assert_harmless(output.explain(1, Settings()).message)


@pytest.mark.parametrize("error", [BarographError(HOSTILE), Permanent(HOSTILE), RequestRefused.listing([HOSTILE, HOSTILE])])
def test_messages_of_errors_as_logs_the_ledger_and_xcom_get_them(error: BarographError) -> None:
    assert_harmless(str(error))
    assert_harmless(f"{SourceBusy(HOSTILE, datetime(2024, 1, 1, tzinfo=UTC))}")


def test_what_an_earlier_release_or_anyone_else_wrote_into_the_ledger() -> None:
    at = datetime(2024, 4, 1)  # noqa: DTZ001  # as the driver gives it
    row: Any = SimpleNamespace(
        source="open-meteo/archive",
        resolution="hourly",
        month=202511,
        version=1,
        status="FAILED",
        window_start=at,
        window_end=datetime(2024, 4, 2),  # noqa: DTZ001
        list_id="a",
        variables=["rain"],
        manifest=None,
        landed=None,
        quarantined=None,
        missing=None,
        flagged=None,
        time_rule=None,
        row_digest=None,
        dag_run=HOSTILE,
        task=HOSTILE,
        generation=None,
        message=HOSTILE,
        is_unrecoverable=None,
        opened_at=at,
        committed_at=None,
    )
    read = read_attempt(row, {"a": CHUNK.locations})
    for text in (read.dag_run, read.task, str(read.message)):
        assert_harmless(text)


def test_the_stacks_own_console(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("name")
    table.add_row(HOSTILE)
    stack_console.say(HOSTILE)
    stack_console.complain(HOSTILE)
    stack_console.console.print(table)
    assert_harmless("".join(capsys.readouterr()))
