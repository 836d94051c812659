"""The first task of every run: everything is checked together, before anything is asked."""

import logging
from collections.abc import Collection

from airflow.sdk import Context

from barograph.model.unit import UnitJson
from barograph.model.variables import RESOLUTIONS
from barograph.orchestration.failures import failing_for_good
from barograph.orchestration.params import read_request, refuse_unknown_params
from barograph.orchestration.window import day_of_run, first_open_day
from barograph.settings import get_settings
from barograph.sources.questions import plan_questions

log = logging.getLogger(__name__)

QuestionsByResolution = dict[str, list[UnitJson]]
"""`Unit.to_json` objects per resolution; an empty list leaves that branch out."""


def plan_day(context: Context, known: Collection[str]) -> QuestionsByResolution:
    """Questions for the one day of a daily run (see `day_of_run`).

    Raises:
        AirflowFailException: lists everything that is wrong.
    """
    with failing_for_good():
        day = day_of_run(context["dag_run"], context["params"]).isoformat()
        return _plan(context, known, days=(day, day))


def plan_range(context: Context, known: Collection[str]) -> QuestionsByResolution:
    """Questions for the range between start_date and end_date, both inclusive, from Params or Variables.

    Raises:
        AirflowFailException: lists everything that is wrong.
    """
    with failing_for_good():
        return _plan(context, known, days=None)


def _plan(context: Context, known: Collection[str], days: tuple[str, str] | None) -> QuestionsByResolution:
    dag_run = context["dag_run"]
    refuse_unknown_params(dag_run.conf or {}, known)
    request = read_request(context["params"], days)
    questions = plan_questions(request, first_open_day(context["ti"].start_date), get_settings())
    for one in questions:
        log.info("%s: %d variables, source %s", one, len(one.variables), request.source)
    return {resolution: [one.to_json() for one in questions if one.resolution == resolution] for resolution in RESOLUTIONS}
