"""The first task of every run: everything is checked together, before anything is asked."""

import logging
from collections.abc import Collection, Sequence

from airflow.sdk import Context

from barograph.errors import RequestRefused
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.request import find_open_day
from barograph.model.revision_window import days_before, reach_back
from barograph.model.tagged_location import parse_json_locations
from barograph.orchestration.failures import failing_for_good
from barograph.orchestration.params import read_request, read_revision_days, refuse_unknown_params
from barograph.orchestration.window import day_of_run, first_open_day
from barograph.orchestration.xcom import ChunksByResolution, to_xcom
from barograph.settings import Settings, get_settings
from barograph.sources.plan import plan_request
from barograph.sources.registry import Sources
from barograph.store.store import open_store

log = logging.getLogger(__name__)


def plan_day(context: Context, known: Collection[str]) -> ChunksByResolution:
    """Chunks for the one day of a daily run (see `day_of_run`), and for the days before it that are asked again.

    Raises:
        AirflowFailException: lists everything that is wrong.
    """
    with failing_for_good():
        day, why = day_of_run(context["dag_run"], context["params"])
        log.info("day %s (UTC): %s", day, why)
        if findings := find_open_day("day", day, first_open_day(context["ti"].start_date)):
            raise RequestRefused(f"{findings[0]}. This day is {why}")
        settings = get_settings()
        planned = _plan(context, known, (day.isoformat(), day.isoformat()), settings)
        if days := read_revision_days():
            with open_store(settings) as store:
                planned = [reach_back(chunk, store.ledger.overlapping([days_before(chunk, days)]), days) for chunk in planned]
        return _log_and_hand_over(planned, settings)


def plan_range(context: Context, known: Collection[str]) -> ChunksByResolution:
    """Chunks for the range between start_date and end_date, both inclusive, from Params or Variables.

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
    planned = plan_request(request, first_open_day(context["ti"].start_date), Sources(settings), tagged)
    log.info("source %s", request.source)
    if named := parse_json_locations(request.locations)[0]:
        for location in named:
            if location.written_name:
                log.info("name %r is kept as %r", location.written_name, location.location.name)
        with open_store(settings) as store:
            store.locations.keep(named)
    return planned


def _log_and_hand_over(planned: Sequence[Chunk], settings: Settings) -> ChunksByResolution:
    for chunk in planned:
        log.info("%s: %d variables", chunk, len(chunk.variables))
    return to_xcom(planned, settings)
