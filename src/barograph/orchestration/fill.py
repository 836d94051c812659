"""The plan of a fill: the ledger alone says what is missing, so it works with an Airflow that remembers nothing."""

import logging
from dataclasses import replace
from datetime import timedelta

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException
from cassandra.cluster import Session

from barograph.gaps import find_gaps
from barograph.model.chunk import Chunk
from barograph.model.resolution import STEPPED, Resolution
from barograph.model.state import LONGEST_TASK
from barograph.orchestration.failures import failing_for_good
from barograph.orchestration.params import refuse_unknown_params
from barograph.orchestration.produce import Produced
from barograph.orchestration.xcom import ChunksByResolution, to_xcom
from barograph.settings import Settings, get_settings
from barograph.store.connection import connect
from barograph.store.locations import find_locations

log = logging.getLogger(__name__)


def plan_missing(context: Context) -> tuple[ChunksByResolution, dict[Resolution, list[str]]]:
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
            plan = find_gaps(session, settings, patience)
            ask = [_with_coordinates(chunk, session, settings) for chunk in plan.ask]
    for refused in plan.refused:
        log.warning("left out: %s", refused)
    log.info("%d to load, %d to ask again, %d somebody works on", len(plan.load), len(plan.ask), len(plan.running))
    extracted = {name: [one.attempt_id for one in plan.load if one.chunk.resolution == name] for name in STEPPED}
    return to_xcom(ask, settings), extracted


def _with_coordinates(chunk: Chunk, session: Session, settings: Settings) -> Chunk:
    """`chunk` with what the ledger does not keep: coordinates of named places, and elevations."""
    known = {one.location_id: one for one in find_locations(session, settings.cassandra_keyspace, chunk.locations)}
    return replace(chunk, locations=tuple(known.get(place.location_id, place) for place in chunk.locations))


def pick_extracted(attempt_ids: list[str]) -> Produced:
    """What a produce task would have returned for these attempts.

    Raises:
        AirflowSkipException: there are none.
    """
    if not attempt_ids:
        raise AirflowSkipException("no attempt of this resolution waits in Kafka")
    return {"attempt_ids": attempt_ids, "observations": 0, "unserved": [], "known_unserved": [], "refused": None}
