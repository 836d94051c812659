"""Historic weather, by hand: a range of days for the given locations and variables.

Every Param is optional: an empty one takes the Airflow Variable of its name. `start_date` and `end_date` are inclusive UTC
days; their Variables are empty at first, so each run names its days. They go together, as `latitudes` and `longitudes` do: half
of a pair is refused. The word `none` instead of variables leaves hourly or daily values out. `source` says whom to ask; with
`auto` each day comes from the product that serves it (docs/architecture.md, "Who serves which days").
"""

import pendulum
from airflow.sdk import Param, dag, get_current_context, task

from barograph.model.resolution import STEPPED
from barograph.model.state import LONGEST_TASK
from barograph.orchestration.plan import plan_range
from barograph.orchestration.tasks import DEFAULT_ARGS, SOURCE_PARAM, WHEN_RED, load_early, load_metrics, produce_metrics
from barograph.orchestration.xcom import ChunksByResolution

DEGREES = "Decimal degrees with a point, separated by commas: 52.5244,53.5507"


def variables_param(title: str) -> Param:
    """A list of variables: null takes the Airflow Variable, `none` or an empty list leaves them out."""
    return Param(
        None,
        type=["null", "array"],
        items={"type": "string"},
        title=f"{title} variables, one per line",
        description="Empty: those of the Airflow Variable. The word none alone: no values of this kind.",
    )


PARAMS = {
    "start_date": Param(
        None, type=["null", "string"], format="date", title="First day (UTC)", description="Give both days, or none."
    ),
    "end_date": Param(None, type=["null", "string"], format="date", title="Last day (UTC, inclusive)"),
    "latitudes": Param(None, type=["null", "string"], title="Latitudes", description=DEGREES),
    "longitudes": Param(None, type=["null", "string"], title="Longitudes", description="As many, in the same order."),
    "locations": Param(
        None,
        type=["null", "array"],
        items={"type": "object"},
        title="Named locations",
        description="Objects with name, latitude, longitude, and optionally elevation (m) and tags.",
    ),
    "tags": Param(None, type=["null", "array"], items={"type": "string"}, title="Tags of imported locations, one per line"),
    "source": SOURCE_PARAM,
    "hourly": variables_param("Hourly"),
    "daily": variables_param("Daily"),
    "force": Param(False, type="boolean", title="Ask for everything again when a produce task is cleared"),
}


@dag(
    schedule=None,
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    params=PARAMS,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__ + WHEN_RED,
    tags=["barograph", "weather"],
)
def historic_weather_data_dag() -> None:
    """Plan, then hourly and daily side by side: produce, load."""

    @task
    def plan_request() -> ChunksByResolution:
        """Whom to ask for what; everything is checked here, before any call, and all that is wrong is listed at once."""
        return plan_range(get_current_context(), known=PARAMS)

    planned = plan_request()
    for resolution in STEPPED:
        produced = produce_metrics(resolution, planned, timeout=LONGEST_TASK)
        produced >> load_metrics(resolution, produced.output, timeout=LONGEST_TASK)
        planned >> load_early(resolution, timeout=LONGEST_TASK)


historic_weather_data_dag()
