"""Ten thousand attempts of 500 locations each: every question stays small, and asks a stated number of times."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from barograph.store.store import Store
from benchmarks.large_ledger import BATCHES, LedgerAge, write_ledger
from benchmarks.ledger_age import ask
from stack.environment import barograph_environment
from stack.settings import StackSettings

pytestmark = pytest.mark.integration
ATTEMPTS: Final = 10_000
MAX_MIB: Final = 400
EXPECTED: Final = {
    "plan": (4, BATCHES + 10),
    "load": (3 * BATCHES, BATCHES + 25),
    "audit": (7 * BATCHES + 37, BATCHES + 120),
    "fill": (3, BATCHES + 40),
    "ledger": (20, BATCHES + 12),
    "explain": (4, BATCHES + 8),
}
"""For each question its answer, and the most queries that it may ask: each of the 40 location lists is read once."""


@pytest.fixture(scope="module")
def age(own_store: Store) -> LedgerAge:
    """The ledger, up to yesterday."""
    return write_ledger(own_store, ATTEMPTS, datetime.now(UTC).date() - timedelta(days=1))


@pytest.mark.parametrize("question", EXPECTED)
def test_a_question_stays_small_whatever_the_age_of_the_ledger(
    question: str, own_store: Store, age: LedgerAge, cassandra: StackSettings
) -> None:
    answer, most = EXPECTED[question]
    told = ask(question, own_store.settings, barograph_environment(cassandra, "admin"), age.last_day)
    assert told["answer"] == answer
    assert told["peak_mib"] < MAX_MIB
    assert told["queries"] <= most
