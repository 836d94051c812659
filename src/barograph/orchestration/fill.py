"""The plan of a fill: the ledger alone says what is missing, so it works with an Airflow that remembers nothing."""

import logging
from datetime import UTC, datetime, timedelta

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from barograph.model.state import LONGEST_TASK
from barograph.model.variables import RESOLUTIONS, Resolution
from barograph.orchestration.failures import failing_for_good
from barograph.orchestration.params import refuse_unknown_params
from barograph.orchestration.plan import QuestionsByResolution
from barograph.orchestration.produce import Produced
from barograph.settings import get_settings
from barograph.sources.gaps import plan_gaps
from barograph.store.connection import connect
from barograph.store.ledger import Ledger
from barograph.transport.ranges import looking_at_kafka

log = logging.getLogger(__name__)


def plan_missing(context: Context) -> tuple[QuestionsByResolution, dict[Resolution, list[str]]]:
    """Questions for what must be asked again, and the attempts whose records wait in Kafka, by resolution.

    A scheduled run leaves alone what Airflow may still try again by itself.

    Raises:
        AirflowFailException: a Param was given; there are none.
    """
    with failing_for_good():
        refuse_unknown_params(context["dag_run"].conf or {}, known=())
        settings = get_settings()
        patience = LONGEST_TASK if context["dag_run"].run_type == "scheduled" else timedelta(0)
        with connect(settings) as session:
            ledger = Ledger(session, settings.cassandra_keyspace)
            histories = [ledger.history(*key) for key in ledger.sources()]
        with looking_at_kafka(settings.kafka_bootstrap_servers) as why_gone:
            plan = plan_gaps(histories, lambda manifest: not why_gone(manifest), datetime.now(UTC), settings, patience)
    for refused in plan.refused:
        log.warning("left out: %s", refused)
    log.info("%d to load, %d to ask again, %d somebody works on", len(plan.load), len(plan.ask), len(plan.running))
    questions = {name: [one.to_json() for one in plan.ask if one.resolution == name] for name in RESOLUTIONS}
    extracted = {name: [one.attempt_id for one in plan.load if one.unit.resolution == name] for name in RESOLUTIONS}
    return {str(name): units for name, units in questions.items()}, extracted


def pick_extracted(attempt_ids: list[str]) -> Produced:
    """What a produce task would have returned for these attempts.

    Raises:
        AirflowSkipException: there are none.
    """
    if not attempt_ids:
        raise AirflowSkipException("no attempt of this resolution waits in Kafka")
    return {"attempt_ids": attempt_ids, "observations": 0, "left_out": []}
