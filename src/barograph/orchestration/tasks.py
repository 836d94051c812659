"""The tasks that the weather DAGs are made of."""

from datetime import timedelta
from typing import Any, Final

from airflow.sdk import Param, XComArg

from barograph.model.resolution import Resolution
from barograph.orchestration.load import LoadObservationsOperator
from barograph.orchestration.load_early import LoadEarlyOperator
from barograph.orchestration.produce import ProduceObservationsOperator
from barograph.settings import get_settings
from barograph.sources.registry import PROVIDERS, list_choices

DEFAULT_ARGS: Final[dict[str, Any]] = {
    "owner": "barograph",
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,  # with Airflow's own jitter
    "max_retry_delay": timedelta(minutes=15),
    "execution_timeout": timedelta(hours=1),
}

SOURCE_PARAM: Final[Param] = Param(
    None,
    type=["null", "string"],
    examples=list_choices(),
    title="Source",
    description="auto: whoever serves the days. Empty: the Variable of this name.",
)

WHEN_RED: Final = """
### When a task is red
The last line of its log names the cause and what to do.

| task | what it means | what to do |
|---|---|---|
| plan_request | a Param or Variable is wrong; nothing was asked | mend what it lists, trigger again |
| produce_*_metrics | the source or Kafka is away, or refuses everything | wait; a refusal names its cause |
| load_early_* | it never is by itself: the load below reports | see there |
| spark_processor_*_task | Kafka lost records, the table differs, a part was refused | clear this task or the one it names |

Nothing counts until the ledger says COMMITTED: `SELECT * FROM analytics.ingest_ledger`. Clearing any task is safe: the same
hours land in the same rows.
"""


def produce_metrics(
    resolution: Resolution, planned: XComArg, timeout: timedelta = timedelta(hours=1)
) -> ProduceObservationsOperator:
    """Ask the sources and publish to Kafka; skipped when nothing is planned for `resolution`.

    A task takes a slot of one pool, that of the default source: two tasks at once would not see what the other uses of its quota.
    """
    return ProduceObservationsOperator(
        task_id=f"produce_{resolution}_metrics",
        topic=get_settings().topic(resolution),
        resolution=resolution,
        planned=planned,
        pool=PROVIDERS[0].info.pool,
        execution_timeout=timeout,
    )


def load_metrics(
    resolution: Resolution, produced: XComArg, timeout: timedelta = timedelta(hours=1), task_id: str | None = None
) -> LoadObservationsOperator:
    """Load what `produced` names into Cassandra; what takes long to produce takes long to load."""
    return LoadObservationsOperator(
        task_id=task_id or f"spark_processor_{resolution}_task",
        name=f"barograph {resolution} load",
        produced=produced,
        pool="spark",
        execution_timeout=timeout,
    )


def load_early(resolution: Resolution, timeout: timedelta) -> LoadEarlyOperator:
    """Load what the produce task of `resolution` sends while it still produces."""
    return LoadEarlyOperator(
        task_id=f"load_early_{resolution}",
        name=f"barograph {resolution} early load",
        produces=f"produce_{resolution}_metrics",
        pool="spark",
        execution_timeout=timeout,
    )
