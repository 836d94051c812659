from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Final, cast

import pytest
from cassandra import OperationTimedOut
from cassandra.cluster import NoHostAvailable

from barograph.errors import StoreUnavailable
from barograph.loading.batch import Services
from barograph.loading.load import SIBLINGS_WITHIN_US, find_waiting, load_siblings
from barograph.model.attempt import Attempt
from barograph.model.window import Window
from barograph.spark_jobs import SMALL_LOAD
from tests.loading.kafka_records import VERSION, attempt, ledger_of

LANDED: Final = replace(attempt(), status="COMMITTED")
WAITS: Final = attempt(VERSION + 1, variables=("weather_code",), resolution="daily")
CENTURIES: Final = Window(date(1600, 1, 1), date(1601 + SMALL_LOAD // 365, 1, 1))


def waiting(*attempts: Attempt) -> Sequence[Attempt]:
    """What of a ledger of LANDED and these `attempts` is found waiting beside LANDED."""
    return find_waiting([LANDED], ledger_of(LANDED, *attempts))


def test_the_other_half_of_the_run_is_found() -> None:
    assert waiting(WAITS) == [WAITS]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(WAITS, status="OPEN"), id="still asking"),
        pytest.param(replace(WAITS, status="FAILED"), id="failed"),
        pytest.param(replace(WAITS, status="COMMITTED"), id="committed"),
        pytest.param(replace(WAITS, dag_run="manual__2"), id="of another run"),
        pytest.param(replace(WAITS, version=VERSION - SIBLINGS_WITHIN_US), id="of long ago"),
        pytest.param(attempt(VERSION + 1), id="of the same load"),
        pytest.param(replace(WAITS, chunk=replace(WAITS.chunk, window=CENTURIES)), id="a large load"),
    ],
)
def test_nothing_else_is(other: Attempt) -> None:
    assert waiting(other) == []


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(StoreUnavailable("Cassandra is away"), id="barograph's own"),
        pytest.param(OperationTimedOut(), id="the driver's"),
        pytest.param(NoHostAvailable("Unable to connect", {}), id="no host"),
    ],
)
def test_siblings_never_make_a_load_red_that_has_landed(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    def fail(attempt_ids: Sequence[str]) -> list[Attempt]:
        raise error

    services = cast("Services", SimpleNamespace(ledger=SimpleNamespace(get=fail)))
    with caplog.at_level("WARNING"):
        load_siblings([LANDED.attempt_id], services)
    assert "left to their own load" in caplog.text
