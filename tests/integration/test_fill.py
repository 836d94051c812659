"""Filling on the whole stack: windows of 1999, which no other test asks for."""

from dataclasses import replace
from datetime import date

import pytest
from cassandra.cluster import Session

from barograph.model.window import Window
from barograph.store.store import Store
from stack.side_stack import SideStack
from tests.integration.sending import hours_of, send
from tests.integration.weather import attempts, await_green

pytestmark = pytest.mark.integration
FAILED_DAY, SENT_DAY = date(1999, 3, 1), date(1999, 3, 5)


def test_fill_asks_again_for_what_failed_and_loads_what_waits(side: SideStack, session: Session) -> None:
    ledger = Store(session, side.settings).ledger
    chunk = hours_of("standin/archive", ["temperature_2m"], "10,20")
    failed = ledger.open(replace(chunk, window=Window.from_days(FAILED_DAY, FAILED_DAY)), dag_run="lost", task="lost")
    ledger.mark_failed(failed, "the source was away")
    waiting = replace(chunk, window=Window.from_days(SENT_DAY, SENT_DAY))
    sent = send(Store(session, side.settings), waiting, {"temperature_2m": [5.0] * 24})
    plan = side.run("barograph", "fill", "--dry-run").stdout
    assert [line.split()[0] for line in plan.splitlines() if "1999-03" in line] == ["load", "ask"]

    await_green(side, "fill_gaps_dag", side.airflow.trigger("fill_gaps_dag", {}))
    (done,) = ledger.get([sent.attempt_id])
    assert done.status == "COMMITTED"
    asked = [one for one in ledger.newest("standin/archive", "hourly", 1000) if one.chunk.window.start in {FAILED_DAY, SENT_DAY}]
    assert [(one.chunk.window.start, one.status) for one in asked] == [
        (FAILED_DAY, "COMMITTED"),
        (SENT_DAY, "COMMITTED"),
        (FAILED_DAY, "FAILED"),
    ]

    known = attempts(side, session)
    again = side.run("barograph", "fill")
    assert again.returncode == 0, again.stderr
    assert "0 to load, 0 to ask for, 0 in work" in again.stdout
    assert attempts(side, session) == known
