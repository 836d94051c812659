"""What the two tasks of a run do, as processes that can be killed: the real produce operator, and the real load."""

import json
import os
import time
from collections.abc import Mapping
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Final

from airflow.sdk.exceptions import AirflowFailException
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from barograph.errors import BarographError
from barograph.loading.audit import audit_attempts
from barograph.loading.batch import LoadContext
from barograph.loading.load import load_attempts
from barograph.loading.session import start_session
from barograph.loading.watchdog import watched
from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.resolution import Resolution
from barograph.orchestration.produce import ProduceObservationsOperator
from barograph.settings import Settings, get_settings
from barograph.store.ledger import Ledger
from barograph.store.store import Store, open_store
from barograph.transport.client import client_config
from tests.orchestration.runs import try_of

SOURCE: Final = "standin/archive"
"""Whom the scenarios ask."""
IS_RED: Final = "lost="
"""What stands in the summary line of an audit that found something."""
IN_SPARK: Final = "load failed in Spark"
"""What stands in the last line of a load whose Spark session has met a fault."""
Order = list[str] | str
"""Attempt ids to land, or a location_id whose attempts are to be audited."""
Told = tuple[str, list[str] | str]
"""`done` with attempt ids or the summary line, `failed` (tried again) or `refused` (not) with the last line of the task."""


def produce(say: Connection, environment: Mapping[str, str], chunk: Chunk, run_id: str, number: int, clock_ahead_us: int) -> None:
    """Ask and send as the `number`-th try of a run's produce task; `clock_ahead_us` is how wrong its clock shall be."""
    settings = _take(environment)
    _turn_clock(clock_ahead_us)
    planned = {"hourly": [], "daily": [], chunk.resolution: [chunk.to_json()]}
    operator = ProduceObservationsOperator(
        task_id=f"produce_{chunk.resolution}_metrics",
        resolution=chunk.resolution,
        planned=planned,  # type: ignore[arg-type]  # what Airflow has made of the XComArg by then
        topic=settings.topic(chunk.resolution),
        kafka_config_id="kafka_faults",
    )
    try:
        say.send(("done", operator.execute(try_of(run_id, number))["attempt_ids"]))
    except AirflowFailException as error:
        say.send(("refused", str(error)))
    except BarographError as error:
        say.send(("failed", str(error)))


def _turn_clock(ahead_us: int) -> None:
    """Let this process believe it is `ahead_us` later: for versions and for the write times that clients give."""
    right_s, right_ns = time.time, time.time_ns
    time.time = lambda: right_s() + ahead_us / 1_000_000
    time.time_ns = lambda: right_ns() + ahead_us * 1000


def load_forever(say: Connection, environment: Mapping[str, str]) -> None:
    """Follow the orders that come in, one after the other, in one Spark session; ends as the load job does."""
    settings = _take(environment)
    spark = start_session(settings)
    say.send(("done", "ready"))
    while True:
        order: Order = say.recv()
        try:
            with watched(spark, "load"), open_store(settings) as store:
                say.send(("done", _follow(order, LoadContext(spark, store, settings))))
        except BarographError as error:
            say.send(("failed", str(error)))
        except (Py4JJavaError, PySparkException) as error:
            say.send(("failed", f"{IN_SPARK}: {str(error).splitlines()[0]}; clear the load task"))


def _follow(order: Order, services: LoadContext) -> str:
    if isinstance(order, list):
        return load_attempts(order, services)
    services.store.ledger = OneLocationLedger(order, services.store)
    return audit_attempts(services, days=2, deep=True, source=SOURCE)


class OneLocationLedger(Ledger):
    """The ledger of one location: an audit after a scenario looks at that scenario alone."""

    def __init__(self, location_id: str, store: Store) -> None:
        super().__init__(store.queries, store.lists, store.versions)
        self._location_id = location_id

    def committed_since(self, source: str, resolution: Resolution, since: datetime) -> list[Attempt]:
        """Those of this location."""
        return self._here(super().committed_since(source, resolution, since))

    def unfinished_since(self, source: str, resolution: Resolution, since: datetime) -> list[Attempt]:
        """Those of this location."""
        return self._here(super().unfinished_since(source, resolution, since))

    def _here(self, attempts: list[Attempt]) -> list[Attempt]:
        return [one for one in attempts if self._location_id in {there.location_id for there in one.chunk.locations}]


def _take(environment: Mapping[str, str]) -> Settings:
    os.environ.update(environment)
    get_settings.cache_clear()
    log = os.open(environment["FAULTS_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    return get_settings()


def connection(settings: Settings) -> str:
    """The Kafka connection of the produce task: that of `settings`, with a shorter wait for lost messages."""
    return json.dumps({"conn_type": "kafka", "extra": {**client_config(settings), "message.timeout.ms": 20_000}})
