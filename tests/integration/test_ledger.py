"""The ledger on the real Cassandra, where the newest write time wins."""

import time

import pytest
from cassandra.cluster import Session

from barograph.store.store import Store
from stack.side_stack import SideStack
from tests.integration.sending import hours_of

pytestmark = pytest.mark.integration
ONE_MINUTE_S = 60


def test_what_is_written_later_counts_though_the_clock_was_set_back_in_between(
    side: SideStack, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Store(session, side.settings).ledger
    right_s, right_ns = time.time, time.time_ns
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time", lambda: right_s() + ONE_MINUTE_S)
        ahead.setattr(time, "time_ns", lambda: right_ns() + ONE_MINUTE_S * 1_000_000_000)
        attempt = ledger.open(hours_of("test/clock", ["rain"]), dag_run="test", task="test")
    with side.cassandra() as session_of_another_task:
        Store(session_of_another_task, side.settings).ledger.mark_failed(attempt, "later")
    assert ledger.get([attempt.attempt_id])[0].status == "FAILED"
