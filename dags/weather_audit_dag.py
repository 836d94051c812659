"""The audit, daily after the weather of the day has landed: committed values are read back and compared with what was landed.

Each attempt committed in the last `days` days is held against the tables in the cells that no newer attempt asked for; `deep`
compares them with their Kafka records too, while those are kept. The log also tells coverage by the calendar, gaps, the oldest
window not committed and attempts that are stuck.

### When a task is red
`audit_observations` is red when a committed value is not in the table any more, or when nothing was compared: an audit that
looked at nothing has proven nothing. Its log names attempts and days, and what to do.
"""

from airflow.sdk import CronTriggerTimetable, Param, dag

from barograph.model.window import MAX_DAYS
from barograph.orchestration.audit import AuditObservationsOperator
from barograph.orchestration.tasks import DEFAULT_ARGS

PARAMS = {
    "days": Param(
        7, type="integer", minimum=1, maximum=MAX_DAYS, title="Days", description="Attempts committed in the last so many days."
    ),
    "deep": Param(False, type="boolean", title="Deep", description="Compare with the Kafka records too, while they are kept."),
}


@dag(
    schedule=CronTriggerTimetable("0 6 * * *", timezone="UTC", run_immediately=False),  # no effect where there is a start_date
    catchup=False,
    max_active_runs=1,
    params=PARAMS,
    default_args={**DEFAULT_ARGS, "retries": 1},  # what is lost stays lost; a try more is for services that were away
    doc_md=__doc__,
    tags=["barograph", "weather"],
)
def weather_audit_dag() -> None:
    """One task."""
    AuditObservationsOperator(task_id="audit_observations", name="barograph audit", pool="spark")


weather_audit_dag()
