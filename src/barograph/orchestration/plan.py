"""The first task of every run: everything is checked together, before anything is asked."""

import logging
from collections.abc import Collection, Sequence

from airflow.sdk import Context

from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.place import parse_json_locations
from barograph.model.revision_window import days_before, reach_back
from barograph.orchestration.failures import failing_for_good
from barograph.orchestration.params import read_request, read_revision_days, refuse_unknown_params
from barograph.orchestration.window import day_of_run, first_open_day
from barograph.orchestration.xcom import ChunksByResolution, to_xcom
from barograph.settings import Settings, get_settings
from barograph.sources.open_meteo.plan import plan_request
from barograph.store.store import open_store

log = logging.getLogger(__name__)


def plan_day(context: Context, known: Collection[str]) -> ChunksByResolution:
    """Questions for the one day of a daily run (see `day_of_run`), and for the days before it that are asked again.

    Raises:
        AirflowFailException: lists everything that is wrong.
    """
    with failing_for_good():
        day = day_of_run(context["dag_run"], context["params"]).isoformat()
        settings = get_settings()
        questions = _plan(context, known, (day, day), settings)
        if days := read_revision_days(settings):
            with open_store(settings) as store:
                questions = [reach_back(one, store.ledger.overlapping([days_before(one, days)]), days) for one in questions]
        return _log_and_hand_over(questions, settings)


def plan_range(context: Context, known: Collection[str]) -> ChunksByResolution:
    """Questions for the range between start_date and end_date, both inclusive, from Params or Variables.

    Raises:
        AirflowFailException: lists everything that is wrong.
    """
    with failing_for_good():
        settings = get_settings()
        return _log_and_hand_over(_plan(context, known, None, settings), settings)


def _plan(context: Context, known: Collection[str], days: tuple[str, str] | None, settings: Settings) -> list[Chunk]:
    refuse_unknown_params(context["dag_run"].conf or {}, known)
    request = read_request(context["params"], days)
    tagged: list[Location] = []
    if request.tags:
        with open_store(settings) as store:
            tagged = store.locations.choose_by_tag(request.tags)
    questions = plan_request(request, first_open_day(context["ti"].start_date), settings, tagged)
    log.info("source %s", request.source)
    if named := parse_json_locations(request.locations)[0]:
        with open_store(settings) as store:
            store.locations.keep(named)
    return questions


def _log_and_hand_over(questions: Sequence[Chunk], settings: Settings) -> ChunksByResolution:
    for one in questions:
        log.info("%s: %d variables", one, len(one.variables))
    return to_xcom(questions, settings)
