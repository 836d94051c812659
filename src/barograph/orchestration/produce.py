"""The produce operator: planned chunks -> source -> Kafka, with every record acknowledged or the task fails."""

import resource
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn, TypedDict, cast

from airflow.providers.apache.kafka.operators.produce import ProduceToTopicOperator
from airflow.providers.common.compat.module_loading import import_string
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import Context, XComArg
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.sdk.types import DagRunProtocol
from confluent_kafka import Producer

from barograph.errors import QuotaExceeded, RequestRefused
from barograph.model.attempt import Attempt, Manifest
from barograph.model.chunk import Chunk
from barograph.model.estimate import estimate
from barograph.model.generation import Generation
from barograph.model.quota import Call
from barograph.model.resolution import Resolution
from barograph.orchestration.extraction import Extraction, find_unsent
from barograph.orchestration.failures import failing_for_good
from barograph.orchestration.kafka import ProvenProducerHook
from barograph.orchestration.params import read_secret
from barograph.orchestration.progress import Progress
from barograph.orchestration.unserved import Unserved
from barograph.orchestration.xcom import ChunksByResolution, from_xcom
from barograph.printable import ITEM
from barograph.settings import get_settings
from barograph.sources.port import Series
from barograph.sources.rate_limit import RateLimiter, now_utc
from barograph.sources.registry import Sources
from barograph.store.store import Store, open_store
from barograph.transport.delivery import Delivery
from barograph.transport.ranges import looking_at_kafka
from barograph.transport.record import Record, encode_columns, headers
from barograph.transport.topics import check_topic

FLUSH_TIMEOUT_S: Final = 90
"""Longer than librdkafka's own message timeout (60 s), so that every record has its report by then."""

LONGEST_IDLE: Final = timedelta(hours=26)
"""A generation that waits for the quota for longer without a single chunk sent ends red: the longest window is a day, and at its
end a chunk is served by a source that is well."""

IDLE_PAUSE: Final = timedelta(minutes=15)
"""The least pause after one that brought nothing: each writes a FAILED attempt, so they stay below a hundred or so."""

MAX_REASONS: Final = 3
"""Refusals that a message repeats."""


class Produced(TypedDict):
    """What a produce task returns: the attempts of its generation, how many observations they sent, and what they lack.

    `unserved`: locations without data that the run ends red for (with BAD_LOCATIONS=red); `known_unserved`: those that are only
    named. `refused`: what the source refused, in words; None = nothing.
    """

    attempt_ids: list[str]
    observations: int
    unserved: list[str]
    known_unserved: list[str]
    refused: str | None


def encode_series(answer: Sequence[Series], source: str) -> Iterator[Record]:
    """Key and value of every record that an answer makes; the operator's producer function."""
    for series in answer:
        yield from encode_columns(series.location.location_id, source, series.times, series.columns)


class ProduceObservationsOperator(ProduceToTopicOperator):
    """ProduceToTopicOperator that asks sources chunk by chunk and fails unless Kafka acknowledged every record.

    `planned` is what the plan task returned (`ChunksByResolution`); the chunks of `resolution` are split as their source wants.
    What earlier tries of the same generation have sent is not asked again (see `Generations.enter`; with Param `force` it is).
    When the quota is used up for long the task is deferred, and resumes. Returns `Produced`; chunks that the source refused are
    in it, so that everything else is loaded before the run ends red.

    Raises:
        AirflowSkipException: there are no chunks.
        AirflowFailException: the request, the answer or the configuration must change; or nothing was served for 26 hours.
        Transient: the source or Kafka is away; Airflow tries again, with new attempts for what was not sent.
    """

    template_fields = (*ProduceToTopicOperator.template_fields, "planned")  # type: ignore[assignment]  # theirs is typed by length

    def __init__(self, *, resolution: Resolution, planned: XComArg, **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        kwargs.setdefault("producer_function", f"{__name__}.encode_series")
        super().__init__(synchronous=False, **kwargs)
        self.resolution: Resolution = resolution
        self.planned = planned
        self._has_sent = False

    def execute(self, context: Context) -> Produced:  # type: ignore[override]  # the base operator returns None and cannot report lost records
        """See the class."""
        ti = context["ti"]
        return self._produce(context, is_retry=ti.try_number > ti.max_tries - (self.retries or 0) + 1)

    def go_on(self, context: Context, event: object = None, idle_since: str | None = None) -> Produced:
        """The same after a deferral: in the same generation, whatever the try; `idle_since`: see `_wait_for_quota`."""
        return self._produce(context, is_retry=True, idle_since=idle_since)

    def _produce(self, context: Context, *, is_retry: bool, idle_since: str | None = None) -> Produced:
        settings = get_settings()
        planned = cast("ChunksByResolution", self.planned)[self.resolution]
        if not planned:
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
                    sources = Sources(settings, read_secret)
                    unserved = Unserved(store.unserved, now_utc)
                    chunks = [
                        part
                        for chunk in from_xcom(planned, settings)
                        for served in unserved.set_aside(chunk, force=force)
                        for part in sources.of(chunk.source).split(served)
                    ]
                    sent = self._read_sent(entered, store, servers)
                    extraction = self._extraction(sources, unserved, entered, hook, store)
                    self._extract(extraction, chunks, sent)
                    produced = self._sum_up(extraction, sent, context["dag_run"])
                    if produced["refused"] is None:
                        store.generations.finish(entered)
        except QuotaExceeded as reached:
            self._wait_for_quota(reached, idle_since)
        return produced

    def _extraction(
        self, sources: Sources, unserved: Unserved, entered: Generation, hook: ProvenProducerHook, store: Store
    ) -> Extraction:
        producer, known_id = hook.get_producer(), check_topic(hook.bootstrap_servers, self.topic)
        limiter = RateLimiter(store.usage.read, store.usage.write)

        def send(attempt: Attempt, answer: Sequence[Series]) -> Manifest:
            """See `_send`."""
            return self._send(producer, known_id, attempt, answer)

        return Extraction(sources, store.ledger, store.locations.record_cells, send, limiter, entered, unserved)

    def _extract(self, extraction: Extraction, chunks: Sequence[Chunk], sent: Sequence[Attempt]) -> None:
        """Ask for what was not sent yet.

        Raises:
            RequestRefused: no location has data, or nothing at all was served; says why.
        """
        sources, limiter, unserved = extraction.sources, extraction.limiter, extraction.unserved

        def call_of(chunk: Chunk) -> Call | None:
            """See `PullSource.call`."""
            return sources.of(chunk.source).call(chunk)

        unsent = find_unsent(chunks, sent)
        calls = [call_of(chunk) for chunk in unsent]
        usage = {call.host: limiter.usage_of(call.host) for call in calls if call is not None}
        self.log.info("generation %d asks: %s", extraction.generation.number, estimate(unsent, calls, usage, now_utc()))
        if sent:
            self.log.info("%d attempts of this generation were sent before: not asked again", len(sent))
        try:
            extraction.run(unsent, Progress(len(chunks), len(chunks) - len(unsent), call_of))
        finally:
            self._has_sent = bool(extraction.attempt_ids)
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        busy = sum(source.busy for source in sources.made)
        self.log.info("%d answers were 429; peak memory of this task: %d MiB", busy, peak_mib)
        if sent or extraction.attempt_ids:
            return
        if extraction.refused:
            raise RequestRefused(describe_refused(extraction))
        words = next((f"{row.location_id} since {row.found_at:%Y-%m-%d}: {row.reason}" for row in unserved.left_out.values()), "")
        raise RequestRefused(f"the source has no data for any of the locations, take them out of the request: {words}")

    def _sum_up(self, extraction: Extraction, sent: Sequence[Attempt], run: DagRunProtocol) -> Produced:
        news, known = extraction.unserved.named(run.start_date or run.run_after)
        if run.run_type == "manual":
            news, known = news | known, set()
        return {
            "attempt_ids": [attempt.attempt_id for attempt in sent] + extraction.attempt_ids,
            "observations": sum(attempt.asked for attempt in sent) + extraction.observations,
            "unserved": sorted(news),
            "known_unserved": sorted(known),
            "refused": describe_refused(extraction) if extraction.refused else None,
        }

    def _wait_for_quota(self, reached: QuotaExceeded, idle_since: str | None) -> NoReturn:
        """Defer the task; `idle_since` (ISO, UTC) is when it began to wait, if it has sent nothing since.

        Raises:
            TaskDeferred: always, unless
            AirflowFailException: it has waited for too long without a chunk sent.
        """
        now, until = now_utc(), reached.wait_until
        since = now
        if idle_since is not None and not self._has_sent:
            since, until = datetime.fromisoformat(idle_since), max(until, now + IDLE_PAUSE)
        if until - since > LONGEST_IDLE:
            raise AirflowFailException(
                f"{reached}: no chunk was served since {since:%Y-%m-%d %H:%M} UTC, and a quota's window is a day at "
                "most. Find out who else uses it from this address, or lower the quota in .env; then clear this task: it resumes"
            )
        self.log.info("%s: this task gives its slot back and resumes at %s UTC", reached, f"{until:%Y-%m-%d %H:%M:%S}")
        trigger = DateTimeTrigger(moment=until)
        self.defer(trigger=trigger, method_name="go_on", kwargs={"idle_since": since.isoformat()})

    def _read_sent(self, entered: Generation, store: Store, servers: str) -> list[Attempt]:
        """What this generation has sent already: committed, or waiting in Kafka still."""
        sent = store.generations.read_sent(entered)
        with looking_at_kafka(servers) as why_gone:
            return [one for one in sent if one.status == "COMMITTED" or (one.manifest and not why_gone(one.manifest))]

    def _send(self, producer: Producer, known_id: str, attempt: Attempt, answer: Sequence[Series]) -> Manifest:
        produce = import_string(str(self.producer_function))
        delivery = Delivery(producer, self.topic, known_id, headers(attempt))
        delivery.add(produce(answer, attempt.chunk.source))
        return delivery.flush(FLUSH_TIMEOUT_S)


def describe_refused(extraction: Extraction) -> str:
    """How many chunks were refused, the first reasons, and what was given up."""
    refused, unasked = extraction.refused, extraction.unasked
    given_up = f" {unasked} more were not asked for, since they would be refused too." if unasked else ""
    return ITEM.join([f"the source refused {len(refused)} chunks.{given_up}", *refused[:MAX_REASONS]])
