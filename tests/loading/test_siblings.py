from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Final, cast

import pytest
from cassandra import OperationTimedOut
from cassandra.cluster import NoHostAvailable

from barograph.errors import RequestRefused
from barograph.loading.batch import LoadContext
from barograph.loading.load import find_waiting, load_siblings
from barograph.model.attempt import Attempt
from barograph.model.generation import Generation
from barograph.model.window import Window
from barograph.spark_jobs import SMALL_LOAD
from barograph.store.generations import Generations
from tests.loading.kafka_records import VERSION, attempt

LANDED: Final = replace(attempt(), status="COMMITTED", generation_id="weather_data_dag/manual__1/produce_hourly_metrics/1")
WAITS: Final = attempt(VERSION + 1, variables=("weather_code",), resolution="daily")
CENTURIES: Final = Window(date(1600, 1, 1), date(1601 + SMALL_LOAD // 365, 1, 1))


def waiting(*attempts: Attempt) -> Sequence[Attempt]:
    """What is found waiting of the run of LANDED, whose other produce tasks opened these `attempts`."""

    def read_siblings(generation: Generation) -> list[Attempt]:
        return list(attempts) if generation.generation_id == LANDED.generation_id else []

    return find_waiting([LANDED], cast("Generations", SimpleNamespace(read_siblings=read_siblings)))


def test_the_other_half_of_the_run_is_found() -> None:
    assert waiting(WAITS) == [WAITS]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(WAITS, status="OPEN"), id="still asking"),
        pytest.param(replace(WAITS, status="FAILED"), id="failed"),
        pytest.param(replace(WAITS, status="COMMITTED"), id="committed"),
        pytest.param(replace(WAITS, chunk=replace(WAITS.chunk, window=CENTURIES)), id="a large load"),
    ],
)
def test_nothing_else_is(other: Attempt) -> None:
    assert waiting(other) == []


def test_an_attempt_that_belongs_to_no_run_has_no_siblings() -> None:
    assert find_waiting([replace(LANDED, generation_id=None)], cast("Generations", None)) == []


@pytest.mark.parametrize(
    "error",
    [OperationTimedOut("late"), NoHostAvailable("no node", {}), RequestRefused("gone")],
    ids=lambda error: type(error).__name__,
)
def test_what_keeps_siblings_from_landing_never_makes_the_first_load_red(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def get(_: object) -> list[Attempt]:
        raise error

    context = SimpleNamespace(ledger=SimpleNamespace(get=get), store=None)
    with caplog.at_level("WARNING"):
        load_siblings([LANDED.attempt_id], cast("LoadContext", context))
    assert "left to their own load" in caplog.text
