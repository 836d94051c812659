"""Daily weather: every location and variable of the Airflow Variables, for the UTC day that has just ended.

Variables: `latitudes`, `longitudes` (paired in order), `locations`, `tags`, `hourly`, `daily` (comma-separated; empty or `none`
leaves these values out), `source` (`auto`, or the name of one). A manual run takes the Param `day`; without it, it records the
last complete UTC day.
"""

import pendulum
from airflow.sdk import CronDataIntervalTimetable, Param, dag, get_current_context, task

from barograph.model.resolution import STEPPED
from barograph.orchestration.plan import plan_day
from barograph.orchestration.start_delay import AwaitStartOperator
from barograph.orchestration.tasks import DEFAULT_ARGS, SOURCE_PARAM, WHEN_RED, load_metrics, produce_metrics
from barograph.orchestration.xcom import ChunksByResolution

PARAMS = {
    "day": Param(
        None, type=["null", "string"], format="date", title="Day (UTC)", description="Empty: the last complete UTC day."
    ),
    "source": SOURCE_PARAM,
}


@dag(
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    params=PARAMS,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__ + WHEN_RED,
    tags=["barograph", "weather"],
)
def weather_data_dag() -> None:
    """Away from the full hour: plan, then hourly and daily side by side: produce, load."""

    @task
    def plan_request() -> ChunksByResolution:
        """Whom to ask for what; everything is checked here, before any call."""
        return plan_day(get_current_context(), known=PARAMS)

    planned = plan_request()
    AwaitStartOperator(task_id="await_start") >> planned
    for resolution in STEPPED:
        produced = produce_metrics(resolution, planned)
        produced >> load_metrics(resolution, produced.output)


weather_data_dag()
