"""The produce operator: chunks of the questions -> source -> Kafka, with every record acknowledged or the task fails."""

import resource
from collections.abc import Iterator, Sequence
from typing import Any, TypedDict, cast

from airflow.providers.apache.kafka.operators.produce import ProduceToTopicOperator
from airflow.providers.common.compat.module_loading import import_string
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import Context, XComArg
from airflow.sdk.exceptions import AirflowSkipException
from confluent_kafka import Producer

from barograph.errors import RequestRefused, SourceBusy
from barograph.model.attempt import Attempt, Manifest
from barograph.model.batching import split_into_chunks
from barograph.model.chunk import Chunk
from barograph.model.generation import Generation
from barograph.model.price import price
from barograph.model.variables import Resolution
from barograph.orchestration.extraction import Extraction, find_unsent
from barograph.orchestration.failures import failing_for_good
from barograph.orchestration.kafka import ProvenProducerHook
from barograph.orchestration.params import read_api_key
from barograph.orchestration.progress import Progress
from barograph.orchestration.rate_limiter import RateLimiter, now_utc
from barograph.orchestration.xcom import ChunksByResolution, from_xcom
from barograph.settings import get_settings
from barograph.sources.open_meteo.client import OpenMeteo
from barograph.sources.open_meteo.products import host_of
from barograph.sources.port import Series
from barograph.store.store import Store, open_store
from barograph.transport.delivery import Delivery
from barograph.transport.ranges import looking_at_kafka
from barograph.transport.record import Record, encode_columns, headers
from barograph.transport.topics import check_topic


class Produced(TypedDict):
    """What a produce task returns: the attempts of its round, how many observations they sent, and the places left out."""

    attempt_ids: list[str]
    observations: int
    left_out: list[str]


FLUSH_TIMEOUT_S = 90
"""Longer than librdkafka's own message timeout (60 s), so that every record has its report by then."""


def encode_series(answer: Sequence[Series], source: str) -> Iterator[Record]:
    """Key and value of every record that an answer makes; the operator's producer function."""
    for series in answer:
        yield from encode_columns(series.location.location_id, source, series.times, series.columns)


class ProduceObservationsOperator(ProduceToTopicOperator):
    """ProduceToTopicOperator that asks a source chunk by chunk and fails unless Kafka acknowledged every record.

    `questions` is what the plan task returned (`ChunksByResolution`); those of `resolution` are cut into chunks by the
    settings. What earlier tries of the same round have sent is not asked again (`Generations.enter`; Param `force` asks anew).
    When the quota is used up for long the task is deferred, and goes on by itself. Returns `Produced`.

    Raises:
        AirflowSkipException: there are no questions.
        AirflowFailException: the question, the answer or the configuration must change.
        Transient: the source or Kafka is away; Airflow tries again, with new attempts for what was not sent.
    """

    template_fields = (*ProduceToTopicOperator.template_fields, "questions")  # type: ignore[assignment]  # theirs is typed by length

    def __init__(self, *, resolution: Resolution, questions: XComArg, **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        kwargs.setdefault("producer_function", f"{__name__}.encode_series")
        super().__init__(synchronous=False, **kwargs)
        self.resolution: Resolution = resolution
        self.questions = questions

    def execute(self, context: Context) -> Produced:  # type: ignore[override]  # the stock operator returns nothing, which is why it loses
        """See the class."""
        ti = context["ti"]
        return self._produce(context, is_retry=ti.try_number > ti.max_tries - (self.retries or 0) + 1)

    def go_on(self, context: Context, event: object = None) -> Produced:
        """The same after a deferral: in the same round, whatever the try."""
        return self._produce(context, is_retry=True)

    def _produce(self, context: Context, *, is_retry: bool) -> Produced:
        settings = get_settings()
        questions = cast("ChunksByResolution", self.questions)[self.resolution]
        if not questions:
            raise AirflowSkipException(
                "nothing is asked of this resolution: its list of variables is empty, or no window is missing"
            )
        try:
            with failing_for_good():
                hook = ProvenProducerHook(kafka_config_id=self.kafka_config_id)
                servers = hook.bootstrap_servers
                with open_store(settings) as store:
                    store.check_schema()
                    force = bool(context["params"].get("force"))
                    names = (context["ti"].dag_id, str(context["run_id"]), self.task_id)
                    entered = store.generations.enter(*names, is_retry=is_retry, force=force)
                    chunks = [
                        chunk
                        for question in from_xcom(questions, settings)
                        for chunk in split_into_chunks(question, settings.chunk_limits)
                    ]
                    sent = self._read_sent(entered, store, servers)
                    produced = self._extract(chunks, sent, entered, hook, store)
                    store.generations.finish(entered)
        except SourceBusy as reached:
            self.log.info("%s: this task gives its slot back until then, and goes on by itself", reached)
            self.defer(trigger=DateTimeTrigger(moment=reached.wait_until), method_name="go_on")
        return produced

    def _extract(
        self,
        chunks: Sequence[Chunk],
        sent: Sequence[Attempt],
        entered: Generation,
        hook: ProvenProducerHook,
        store: Store,
    ) -> Produced:
        settings = store.settings
        producer, known_id = hook.get_producer(), check_topic(hook.bootstrap_servers, self.topic)
        api_key = read_api_key()
        is_customer = api_key is not None
        hosts = {chunk.source: host_of(chunk.source, settings, is_customer=is_customer) for chunk in chunks}
        pace = RateLimiter(store.usage, settings, is_customer=is_customer)
        unsent = find_unsent(chunks, sent)
        usage = {host: pace.of(host) for host in hosts.values()}
        self.log.info("round %d asks: %s", entered.number, price(unsent, hosts, usage, pace.quota, now_utc()))
        if sent:
            self.log.info("%d attempts of this round were sent before: not asked again", len(sent))

        def send(attempt: Attempt, answer: Sequence[Series]) -> Manifest:
            return self._send(producer, known_id, attempt, answer)

        source = OpenMeteo(settings, api_key=api_key)
        extraction = Extraction(store, source, send, pace, entered, hosts)
        extraction.run(unsent, Progress(len(chunks), len(chunks) - len(unsent), hosts))
        if not sent and not extraction.attempt_ids:
            raise RequestRefused(f"the source has no data for any of the places: {next(iter(extraction.left_out.values()))}")
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        self.log.info("%d answers were 429; peak memory of this task: %d MiB", source.requester.busy, peak_mib)
        return {
            "attempt_ids": [attempt.attempt_id for attempt in sent] + extraction.attempt_ids,
            "observations": sum(attempt.chunk.asked for attempt in sent) + extraction.observations,
            "left_out": sorted(extraction.left_out),
        }

    def _read_sent(self, entered: Generation, store: Store, servers: str) -> list[Attempt]:
        """What this round has sent already: committed, or waiting in Kafka still."""
        sent = store.generations.read_sent(entered)
        with looking_at_kafka(servers) as why_gone:
            return [one for one in sent if one.status == "COMMITTED" or (one.manifest and not why_gone(one.manifest))]

    def _send(self, producer: Producer, known_id: str, attempt: Attempt, answer: Sequence[Series]) -> Manifest:
        produce = import_string(str(self.producer_function))
        delivery = Delivery(producer, self.topic, known_id, headers(attempt))
        delivery.add(produce(answer, attempt.chunk.source))
        return delivery.flush(FLUSH_TIMEOUT_S)
