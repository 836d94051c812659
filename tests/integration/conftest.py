"""The produce operator as a task runs it, on the test stack's services."""

import json
from collections.abc import Iterator

import pytest
from cassandra.cluster import Session

from barograph.orchestration.produce import ProduceObservationsOperator
from barograph.settings import get_settings
from stack.side_stack import SideStack
from tests.integration.sending import hours_of
from tests.integration.waits import begin_to_wait


@pytest.fixture
def operator(side: SideStack, session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProduceObservationsOperator]:
    """An operator that asks the test stack's stand-in for one day and gives Kafka three seconds."""
    settings = side.settings
    for name in ("KAFKA_PORT", "CASSANDRA_PORT", "STANDIN_PORT"):
        monkeypatch.setenv(name, str(getattr(settings, name.lower())))
    monkeypatch.setenv("OPEN_METEO_MODE", "standin")
    extra = {"bootstrap.servers": settings.kafka_bootstrap_servers, "message.timeout.ms": 3000}
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_TEST", json.dumps({"conn_type": "kafka", "extra": extra}))
    get_settings.cache_clear()
    questions = {"hourly": [hours_of("standin/archive", ["temperature_2m"]).to_json()], "daily": []}
    yield ProduceObservationsOperator(
        task_id="produce_hourly_metrics",
        resolution="hourly",
        questions=questions,  # type: ignore[arg-type]  # what Airflow has made of the XComArg by then
        topic=settings.hourly_data_topic,
        kafka_config_id="kafka_test",
    )
    get_settings.cache_clear()


@pytest.fixture(scope="session")
def waiting(side: SideStack, session: Session) -> None:
    """The run that waits is on its way."""
    begin_to_wait(side)
