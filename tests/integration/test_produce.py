"""The produce operator against the real Kafka: a lost message fails the task, whatever the broker does."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import psutil
import pytest
from airflow.sdk.exceptions import AirflowFailException
from cassandra.cluster import Session
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource

from barograph.errors import DeliveryFailed, SourceUnavailable
from barograph.model.chunk import Chunk
from barograph.orchestration import produce
from barograph.orchestration.produce import ProduceObservationsOperator, encode_series
from barograph.settings import get_settings
from barograph.sources.open_meteo.client import OpenMeteo
from barograph.sources.port import Series
from barograph.store.store import Store
from barograph.transport.client import client_config
from stack.side_stack import SideStack
from stack.supervision import Supervisor
from tests.orchestration.runs import try_of

pytestmark = pytest.mark.integration
CONTEXT: Final = try_of("test")


def newest(session: Session) -> tuple[str, str | None]:
    (attempt,) = Store(session, get_settings()).ledger.newest("standin/archive", "hourly", 1)
    return attempt.status, attempt.message


def test_every_record_is_acknowledged_and_the_manifest_says_where(
    operator: ProduceObservationsOperator, session: Session
) -> None:
    produced = operator.execute(CONTEXT)
    (attempt,) = Store(session, get_settings()).ledger.get(produced["attempt_ids"])
    assert attempt.manifest is not None
    assert attempt.manifest.count == produced["observations"] == 24
    assert sum(end - start for start, end in attempt.manifest.ranges.values()) >= 24
    assert newest(session) == ("EXTRACTED", None)


def test_broker_that_vanishes_in_the_middle_fails_the_task_with_its_counts(
    operator: ProduceObservationsOperator, side: SideStack, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = psutil.Process(Supervisor(side.settings).states()["kafka"][1])

    def vanish_first(answer: Sequence[Series], source: str) -> Iterator[tuple[bytes, bytes]]:
        broker.send_signal(signal.SIGSTOP)
        yield from encode_series(answer, source)

    monkeypatch.setattr(produce, "import_string", lambda _name: vanish_first)
    try:
        with pytest.raises(DeliveryFailed, match="0 of 24 records acknowledged"):
            operator.execute(CONTEXT)
    finally:
        broker.send_signal(signal.SIGCONT)
    status, message = newest(session)
    assert status == "FAILED"
    assert message is not None
    assert "Nothing of this is loaded" in message


def test_broker_that_refuses_the_records_fails_the_task(
    operator: ProduceObservationsOperator, side: SideStack, session: Session
) -> None:
    with largest_message(side, operator.topic, 100), pytest.raises(AirflowFailException, match="0 of 24 records acknowledged"):
        operator.execute(CONTEXT)
    assert newest(session)[0] == "FAILED"


@contextmanager
def largest_message(side: SideStack, topic: str, size: int) -> Iterator[None]:
    """The topic takes messages of `size` bytes at most."""
    admin = AdminClient(client_config(side.settings))

    def alter(what: AlterConfigOpType) -> None:
        entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=what)
        wanted = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
        admin.incremental_alter_configs([wanted])[wanted].result(30)

    alter(AlterConfigOpType.SET)
    try:
        yield
    finally:
        alter(AlterConfigOpType.DELETE)


def test_source_that_is_away_fails_the_task_and_sends_nothing(
    operator: ProduceObservationsOperator, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_self: object, chunk: Chunk) -> list[Series]:
        raise SourceUnavailable(f"{chunk}: away")

    monkeypatch.setattr(OpenMeteo, "fetch", away)
    with pytest.raises(SourceUnavailable, match="away"):
        operator.execute(CONTEXT)
    assert newest(session)[0] == "FAILED"
