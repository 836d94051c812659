"""The produce operator: one attempt per unit, every record acknowledged, the manifest in the ledger and in XCom."""

import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict, cast

from airflow.providers.apache.kafka.hooks.produce import KafkaProducerHook
from airflow.providers.apache.kafka.operators.produce import ProduceToTopicOperator
from airflow.providers.common.compat.module_loading import import_string
from airflow.sdk import Context, XComArg
from airflow.sdk.exceptions import AirflowSkipException
from confluent_kafka import Producer

from barograph.errors import BarographError, RequestRefused
from barograph.model.attempt import Attempt, Manifest
from barograph.model.unit import Unit, split_into_units
from barograph.model.variables import Resolution
from barograph.orchestration.failures import failing_for_good
from barograph.orchestration.params import read_api_key
from barograph.orchestration.plan import QuestionsByResolution
from barograph.settings import Settings, get_settings
from barograph.sources.open_meteo import OpenMeteo
from barograph.sources.port import Series
from barograph.store.connection import connect
from barograph.store.ledger import Ledger
from barograph.store.locations import record_cells
from barograph.transport.delivery import DEFAULTS, REQUIRED, Delivery
from barograph.transport.record import encode, headers
from barograph.transport.topics import topic_id


class Produced(TypedDict):
    """What a produce task returns: its attempts, how many observations they sent, and their manifests as JSON by attempt id."""

    attempt_ids: list[str]
    observations: int
    manifests: dict[str, str]


FLUSH_TIMEOUT_S = 90
"""Longer than librdkafka's own message timeout (60 s), so that every record has its report by then."""


def encode_series(answer: Sequence[Series], source: str) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of every record that an answer makes; the operator's producer function."""
    for series in answer:
        for observation in series.observations(source):
            yield encode(observation)


class ProvenProducerHook(KafkaProducerHook):
    """The connection's producer, with the settings that the promise rests on."""

    @property
    def bootstrap_servers(self) -> str:
        """Where the connection finds Kafka.

        Raises:
            RequestRefused: the connection does not say.
        """
        servers = self.get_connection(self.kafka_config_id).extra_dejson.get("bootstrap.servers")
        if not servers:
            raise RequestRefused(f"connection {self.kafka_config_id!r} has no bootstrap.servers in its extra: add it")
        return str(servers)

    def _get_client(self, config: Mapping[str, str | int | bool]) -> Producer:
        return Producer({**DEFAULTS, **config, **REQUIRED})


class ProduceObservationsOperator(ProduceToTopicOperator):
    """ProduceToTopicOperator that asks a source unit by unit and fails unless Kafka acknowledged every record.

    `questions` is what the plan task returned (`QuestionsByResolution`); those of `resolution` are cut into units by the
    settings. Returns `Produced`.

    Raises:
        AirflowSkipException: there are no questions.
        AirflowFailException: the question, the answer or the configuration must change.
        Transient: the source or Kafka is away; Airflow tries again, with new attempts.
    """

    template_fields = (*ProduceToTopicOperator.template_fields, "questions")  # type: ignore[assignment]  # theirs is typed by length

    def __init__(self, *, resolution: Resolution, questions: XComArg, **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        kwargs.setdefault("producer_function", f"{__name__}.encode_series")
        super().__init__(synchronous=False, **kwargs)
        self.resolution: Resolution = resolution
        self.questions = questions

    def execute(self, context: Context) -> Produced:  # type: ignore[override]  # the stock operator returns nothing, which is why it loses
        """See the class."""
        with failing_for_good():
            settings = get_settings()
            questions = [Unit.from_json(one) for one in cast("QuestionsByResolution", self.questions)[self.resolution]]
            if not questions:
                raise AirflowSkipException(
                    "nothing is asked of this resolution: its list of variables is empty, or no window is missing"
                )
            limits = (settings.batch_locations, settings.chunk_observations)
            units = [unit for question in questions for unit in split_into_units(question, *limits)]
            return self._produce(units, settings, context)

    def _produce(self, units: Sequence[Unit], settings: Settings, context: Context) -> Produced:
        asked = sum(unit.asked for unit in units)
        self.log.info("%d chunks, %d observations to ask for", len(units), asked)
        hook = ProvenProducerHook(kafka_config_id=self.kafka_config_id)
        known_id = topic_id(hook.bootstrap_servers, self.topic)
        producer, source, started = hook.get_producer(), OpenMeteo(settings, api_key=read_api_key()), time.monotonic()
        manifests: dict[str, str] = {}
        sent = 0
        with connect(settings) as session:
            ledger = Ledger(session, settings.cassandra_keyspace)
            for done, unit in enumerate(units, start=1):
                attempt = ledger.open(unit, dag_run=str(context["run_id"]), task=self.task_id)
                try:
                    answer = source.fetch(unit)
                    manifest = self._send(producer, known_id, attempt, answer)
                except BarographError as error:
                    ledger.mark_failed(attempt, str(error))
                    raise
                ledger.mark_extracted(attempt, manifest)
                cells = ((s.location, s.cell.latitude, s.cell.longitude, s.cell.elevation) for s in answer)
                record_cells(session, settings.cassandra_keyspace, unit.source, cells)
                manifests[attempt.attempt_id] = manifest.to_json()
                sent += manifest.count
                rate = sent / (time.monotonic() - started)
                self.log.info("chunk %d of %d: %s; %d of %d rows, %.0f rows/s", done, len(units), unit, sent, asked, rate)
        self.log.info("peak memory of this task: %d MiB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        return {"attempt_ids": list(manifests), "observations": sent, "manifests": manifests}

    def _send(self, producer: Producer, known_id: str, attempt: Attempt, answer: Sequence[Series]) -> Manifest:
        produce = import_string(str(self.producer_function))
        delivery = Delivery(producer, self.topic, known_id, headers(attempt))
        for key, value in produce(answer, attempt.unit.source):
            delivery.add(key, value)
        return delivery.flush(FLUSH_TIMEOUT_S)
