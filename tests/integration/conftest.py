"""The produce operator as a task runs it, and what loads work with, on the test stack's services."""

import json
import os
from collections.abc import Callable, Iterator

import pytest
from cassandra.cluster import Session

from barograph.loading.batch import LoadContext
from barograph.model.chunk import Chunk
from barograph.orchestration.produce import ProduceObservationsOperator
from barograph.orchestration.xcom import to_xcom
from barograph.settings import get_settings
from barograph.store.connection import connect
from barograph.store.schema import create_schema
from barograph.store.store import Store
from barograph.transport.client import client_config
from stack.environment import barograph_environment
from stack.logins import secrets_dir, settings_as
from stack.settings import StackSettings
from stack.side_services import SideServices
from stack.side_stack import SideStack
from tests.integration.sending import hours_of
from tests.integration.waits import begin_to_wait
from tests.integration.weather import allowing

Producing = Callable[..., ProduceObservationsOperator]


@pytest.fixture
def producing(side: SideStack, session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Producing]:
    """Makes an operator that asks the test stack's stand-in an hourly question; more settings by their names."""
    settings = settings_as(side.own_settings, "producer")
    environment = barograph_environment(settings)
    encryption = ("TLS", "TLS_DIR", "KAFKA_SECURITY_PROTOCOL", "KAFKA_CA")
    for name in ("KAFKA_PORT", "CASSANDRA_PORT", "STANDIN_PORT", "SECRETS_DIR", *encryption):
        monkeypatch.setenv(name, environment[name])
    monkeypatch.setenv("OPEN_METEO_MODE", "standin")
    monkeypatch.setenv("SECRETS_DIR", str(secrets_dir(settings, "producer")))

    def make(question: Chunk, message_timeout_ms: int = 60_000, **given: object) -> ProduceObservationsOperator:
        extra = {**client_config(settings), "message.timeout.ms": message_timeout_ms}
        monkeypatch.setenv("AIRFLOW_CONN_KAFKA_TEST", json.dumps({"conn_type": "kafka", "extra": extra}))
        for name, value in given.items():
            monkeypatch.setenv(name, str(value))
        get_settings.cache_clear()
        return ProduceObservationsOperator(
            task_id="produce_hourly_metrics",
            resolution="hourly",
            planned=to_xcom([question], get_settings()),  # type: ignore[arg-type]  # what Airflow has made of the XComArg by then
            topic=settings.hourly_data_topic,
            kafka_config_id="kafka_test",
        )

    yield make
    get_settings.cache_clear()


@pytest.fixture
def operator(producing: Producing) -> ProduceObservationsOperator:
    """An operator that asks for one day and gives Kafka three seconds."""
    return producing(hours_of("standin/archive", ["temperature_2m"]), message_timeout_ms=3000)


@pytest.fixture
def lenient(services: LoadContext) -> LoadContext:
    """LoadContext for tests in which the share of bad records is not the point."""
    return allowing(0.5, services)


@pytest.fixture(scope="session")
def cassandra(request: pytest.FixtureRequest) -> Iterator[StackSettings]:
    """The settings of a running Cassandra: the test stack's, or with CASSANDRA_ALONE one of its own, started alone."""
    if "CASSANDRA_ALONE" not in os.environ:
        yield request.getfixturevalue("side").settings
        return
    alone = SideServices("cassandra-alone", CASSANDRA_HEAP="512m")
    alone.prepare()
    try:
        alone.start_one("cassandra")
        yield alone.settings
    finally:
        alone.remove()


@pytest.fixture(scope="module")
def own_store(request: pytest.FixtureRequest, cassandra: StackSettings) -> Iterator[Store]:
    """A store in a keyspace of the test module's own."""
    keyspace = request.module.__name__.rpartition(".")[2]
    settings = cassandra.model_copy(update={"cassandra_keyspace": keyspace})
    with connect(settings) as session:
        create_schema(session, settings)
        yield Store(session, settings)


@pytest.fixture(scope="session")
def waiting(side: SideStack, session: Session) -> None:
    """The run that waits is on its way."""
    begin_to_wait(side)
