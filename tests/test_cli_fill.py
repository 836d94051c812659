from dataclasses import dataclass, field, replace
from datetime import date
from types import SimpleNamespace
from typing import cast

import pytest
from typer.testing import CliRunner

from barograph.cli import app
from barograph.cli.fill import describe, dismiss_gaps
from barograph.errors import RequestRefused
from barograph.gaps import GapPlan
from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.fill import Gap
from barograph.model.location import Location
from barograph.model.window import Window
from barograph.store.store import Store

FIVE = tuple(Location(str(number), "7") for number in range(5))
CHUNK = Chunk("open-meteo/archive", "hourly", FIVE, ("rain", "temperature_2m"), Window(date(2026, 11, 22), date(2026, 11, 25)))
WAITS = Attempt(CHUNK, 7, "EXTRACTED", "manual__1", "produce")
GAP = Gap(CHUNK, "open-meteo/archive/hourly/5 is FAILED: the source was away")


def test_a_gap_is_told_whole_with_its_locations_and_the_reason() -> None:
    line, counts = describe(GapPlan(ask=[GAP]))
    assert line == (
        f"ask     {GAP.gap_id}: open-meteo/archive hourly 2026-11-22..2026-11-24, locations 0,7; 1,7; 2,7 and 2 more, "
        "variables rain, temperature_2m: open-meteo/archive/hourly/5 is FAILED: the source was away"
    )
    assert counts == "0 to load, 1 to ask for, 0 in work, 0 to close, 0 refused, 0 older"


def test_an_older_hole_is_named_with_the_command_that_asks_for_it() -> None:
    assert describe(GapPlan(older=[GAP]))[0].endswith("`barograph fill --since 2026-11-22` asks for it")


@dataclass
class Noting:
    """A ledger that keeps what is opened and failed."""

    opened: list[Chunk] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def open(self, chunk: Chunk, dag_run: str, task: str) -> Attempt:
        """An attempt at `chunk`."""
        self.opened.append(chunk)
        return Attempt(chunk, 9, "OPEN", dag_run, task)

    def mark_failed(self, _: Attempt, message: str) -> None:
        """Keep why."""
        self.reasons.append(message)


def dismissing(ledger: Noting, *ids: str) -> None:
    store = cast("Store", SimpleNamespace(ledger=ledger))
    other = Gap(replace(CHUNK, variables=("rain",)), "x")
    dismiss_gaps(store, GapPlan(ask=[GAP], refused=[other], load=[WAITS]), ids, "station closed")


@pytest.mark.parametrize("gap_id", [GAP.gap_id, WAITS.attempt_id])
def test_a_dismissed_gap_is_noted_in_the_ledger_with_its_reason(gap_id: str) -> None:
    ledger = Noting()
    dismissing(ledger, gap_id)
    assert (ledger.opened, ledger.reasons) == ([CHUNK], ["dismissed: station closed"])


def test_an_unknown_gap_is_refused_and_no_other_dismissed() -> None:
    ledger = Noting()
    with pytest.raises(RequestRefused, match="deadbeef is no gap: `barograph fill --dry-run` shows"):
        dismissing(ledger, GAP.gap_id, "deadbeef")
    assert ledger.opened == []


@pytest.mark.parametrize(
    "arguments", [("--dismiss", "x"), ("--reason", "y"), ("--dismiss", "x", "--reason", "  "), ("--since", "yesterday")]
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, ["fill", *arguments]).exit_code == 2
