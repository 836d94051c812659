"""Fill what is missing, daily and by hand: what was asked for and no committed attempt covers, and days that an outage left out.

The ledger alone says what that is, so this works with an Airflow that remembers nothing. It looks back 35 days, or to the day in
Param `since`. Attempts whose records wait in Kafka are loaded, not asked again; what failed, or has been open for longer than a
task may run, is asked again, and so are days between those of weather_data_dag that no run asked for; what is in work is left
alone. The daily run also leaves alone what is younger than a task may run, since Airflow may try that again itself.
`barograph fill --dry-run` shows the plan. Without anything missing all tasks are skipped.
"""

from typing import Any, cast

from airflow.sdk import CronTriggerTimetable, Param, dag, get_current_context, task

from barograph.model.resolution import STEPPED, Resolution
from barograph.model.state import LONGEST_TASK
from barograph.orchestration.fill import pick_extracted, plan_missing
from barograph.orchestration.produce import Produced
from barograph.orchestration.tasks import DEFAULT_ARGS, WHEN_RED, load_early, load_metrics, produce_metrics


@dag(
    schedule=CronTriggerTimetable("0 7 * * *", timezone="UTC", run_immediately=False),  # no effect where there is a start_date
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__ + WHEN_RED,
    params={
        "since": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Since",
            description="The UTC day to look back to. Empty: 35 days.",
        )
    },
    tags=["barograph", "weather"],
)
def fill_gaps_dag() -> None:
    """Plan, then per resolution: produce and load what is asked again, load what waits in Kafka."""

    @task(multiple_outputs=False)
    def plan_gaps() -> dict[str, Any]:
        """Questions by resolution, and under `extracted` the attempts that wait in Kafka."""
        questions, extracted = plan_missing(get_current_context())
        return {**questions, "extracted": extracted}

    def pick(resolution: Resolution, plan: dict[str, Any]) -> Produced:
        """See `pick_extracted`."""
        return pick_extracted(plan["extracted"][resolution])

    plan = plan_gaps()
    for resolution in STEPPED:
        produced = produce_metrics(resolution, plan, timeout=LONGEST_TASK)
        produced >> load_metrics(resolution, produced.output, timeout=LONGEST_TASK)
        cast("Any", plan) >> load_early(resolution, timeout=LONGEST_TASK)
        picked = task(task_id=f"pick_extracted_{resolution}", multiple_outputs=False)(pick)(resolution, cast("Any", plan))
        load_metrics(resolution, picked, timeout=LONGEST_TASK, task_id=f"load_extracted_{resolution}_task")


fill_gaps_dag()
