"""The plan of a fill: the ledger alone says what is missing, so it works with an Airflow that remembers nothing."""

import logging
from datetime import date, timedelta

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from barograph.errors import RequestRefused
from barograph.gaps import close_stuck, find_gaps
from barograph.model.resolution import STEPPED, Resolution
from barograph.model.state import LONGEST_TASK
from barograph.orchestration.failures import failing_for_good
from barograph.orchestration.params import refuse_unknown_params
from barograph.orchestration.produce import Produced
from barograph.orchestration.xcom import ChunksByResolution, to_xcom
from barograph.settings import get_settings
from barograph.store.store import open_store

log = logging.getLogger(__name__)


def plan_missing(context: Context) -> tuple[ChunksByResolution, dict[Resolution, list[str]]]:
    """Questions for what must be asked again, and the attempts whose records wait in Kafka, by resolution.

    Param `since` is the day to look back to; without it, see `store.missing.HORIZON`. A scheduled run leaves alone what Airflow
    may still try again. Attempts that are stuck are closed.

    Raises:
        AirflowFailException: a Param is not known, or `since` is not a day.
    """
    with failing_for_good():
        refuse_unknown_params(context["dag_run"].conf or {}, known=("since",))
        since = read_since(context["params"].get("since"))
        settings = get_settings()
        patience = LONGEST_TASK if context["dag_run"].run_type == "scheduled" else timedelta(0)
        with open_store(settings) as store:
            plan = find_gaps(store, since, patience)
            close_stuck(store, plan)
    for gap in plan.refused:
        log.warning("left out: %s: %s", gap.chunk, gap.why)
    for gap in plan.older:
        log.warning("not asked, older than the horizon: %s: `barograph fill --since %s`", gap.chunk, gap.chunk.window.start)
    for gap in plan.ask:
        log.info("ask: %s: %s", gap.chunk, gap.why)
    counts = (len(plan.load), len(plan.ask), len(plan.running), len(plan.stuck))
    log.info("%d to load, %d to ask for, %d in work, %d stuck and closed", *counts)
    extracted = {name: [one.attempt_id for one in plan.load if one.chunk.resolution == name] for name in STEPPED}
    return to_xcom([gap.chunk for gap in plan.ask], settings), extracted


def read_since(text: object) -> date | None:
    """The day of Param `since`; empty = None.

    Raises:
        RequestRefused: it is not a day.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise RequestRefused(f"since {str(text)[:50]!r} is not a day: write YYYY-MM-DD") from None


def pick_extracted(attempt_ids: list[str]) -> Produced:
    """What a produce task would have returned for these attempts.

    Raises:
        AirflowSkipException: there are none.
    """
    if not attempt_ids:
        raise AirflowSkipException("no attempt of this resolution waits in Kafka")
    return {"attempt_ids": attempt_ids, "observations": 0, "unserved": [], "known_unserved": [], "refused": None}
