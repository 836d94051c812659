"""Replay of the quarantine: records that could not land are validated again, and land at their original version.

For after a fix, such as wider bounds in the variables file. Give at least one Param; records that fit all of them are meant.
A newer value of the same hour stays, what is still bad stays in quarantine. `barograph quarantine list` shows what is there.
"""

import pendulum
from airflow.sdk import Param, dag

from barograph.orchestration.replay import ReplayQuarantineOperator
from barograph.orchestration.tasks import DEFAULT_ARGS

PARAMS = {
    "source": Param(None, type=["null", "string"], title="Source", description="As `barograph ledger` shows it."),
    "resolution": Param(None, type=["null", "string"], enum=[None, "", "hourly", "daily"], title="Resolution"),
    "reason": Param(None, type=["null", "string"], title="Reason", description="Its beginning, such as out of bounds."),
    "attempt_id": Param(None, type=["null", "string"], title="Attempt", description="SOURCE/RESOLUTION/VERSION."),
}
WHEN_RED = """
### When a task is red
The last line of its log names the cause and what to do. Clearing replay_quarantine is safe: a record is landed and counted once.
"""


@dag(
    schedule=None,
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,  # it runs by hand only
    params=PARAMS,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__ + WHEN_RED,
    tags=["barograph", "weather"],
)
def quarantine_replay_dag() -> None:
    """One Spark job for everything that the Params select."""
    ReplayQuarantineOperator(task_id="replay_quarantine", name="barograph quarantine replay", known=tuple(PARAMS), pool="spark")


quarantine_replay_dag()
