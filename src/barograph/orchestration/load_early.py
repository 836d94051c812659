"""The early load: what a long produce task sends is loaded meanwhile, so that no run depends on Kafka's retention."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from tempfile import NamedTemporaryFile
from typing import Any, Final

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from barograph.model.attempt import Attempt
from barograph.orchestration.spark import LocalJarsOperator
from barograph.settings import get_settings
from barograph.sources.rate_limit import now_utc
from barograph.store.store import open_store

EARLY: Final = 1_000_000
"""Observations that are worth a Spark of their own: it starts in seconds and loads so many in about two minutes."""

SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)
"""Between two looks: half as long as the task has run. A short run is not kept waiting, a long one is not disturbed."""

OVER: Final = frozenset(("success", "failed", "skipped", "upstream_failed", "removed"))
"""States in which a produce task sends nothing any more."""


class LoadEarlyOperator(LocalJarsOperator):
    """SparkSubmitOperator for `jobs/load_observations.py`, again and again while the task `produces` of the same run produces.

    It loads as soon as EARLY observations wait in Kafka, and ends with the produce task; the rest is left to the run's own load.
    After a produce task that failed it loads all that waits. A load that fails is reported elsewhere: the run's load, or a fill,
    meets the same attempts. Between two looks the task is deferred and holds no slot.

    Raises:
        AirflowSkipException: the produce task has ended, and nothing had to be loaded early.
    """

    job = "load_observations.py"

    def __init__(self, *, produces: str, **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        super().__init__(**kwargs)
        self.produces = produces
        self._waiting: Sequence[Attempt] = ()

    def execute(self, context: Context) -> None:
        """See the class."""
        self.go_on(context, since=now_utc().isoformat())

    def go_on(self, context: Context, event: object = None, since: str = "", loads: int = 0) -> None:
        """Look once; `since` (ISO, UTC) is when the task began, `loads` how often it has loaded."""
        state = self._state_of_produce(context)
        is_left_behind = state in OVER and state != "success"
        self._waiting = self._find_waiting(context)
        asked = sum(attempt.asked for attempt in self._waiting)
        if asked >= EARLY or (self._waiting and is_left_behind):
            self.log.info("%d attempts with %d observations wait in Kafka: loading them now", len(self._waiting), asked)
            self._load(context)
            loads += 1
        if state in OVER and not loads:
            raise AirflowSkipException("nothing had to be loaded early: the run's own load takes all of it")
        if state in OVER:
            return
        now = now_utc()
        pause = min(LONGEST_PAUSE, max(SHORTEST_PAUSE, (now - datetime.fromisoformat(since)) / 2))
        self.defer(trigger=DateTimeTrigger(moment=now + pause), method_name="go_on", kwargs={"since": since, "loads": loads})

    def arguments(self, context: Context) -> list[str]:
        """The file that lists the attempts that wait."""
        self._listed.write("\n".join(attempt.attempt_id for attempt in self._waiting))
        self._listed.flush()
        return ["--attempts-from", self._listed.name]

    def _load(self, context: Context) -> None:
        with NamedTemporaryFile("w", encoding="utf-8", prefix="barograph-attempts-") as listed:
            self._listed = listed
            try:
                super().execute(context)
            except AirflowException as error:
                self.log.warning("left to the run's own load: %s", error)

    def _find_waiting(self, context: Context) -> list[Attempt]:
        """The attempts that the produce task has sent and that are not loaded yet."""
        with open_store(get_settings()) as store:
            generations = store.generations.of_run(context["ti"].dag_id, str(context["run_id"]))
            ours = [generation for generation in generations if generation.task == self.produces]
            return [one for generation in ours for one in store.generations.read_sent(generation) if one.status == "EXTRACTED"]

    def _state_of_produce(self, context: Context) -> str | None:
        """The state of the produce task as Airflow names it; None = it was not looked at yet."""
        ti, run_id = context["ti"], str(context["run_id"])
        states = ti.get_task_states(dag_id=ti.dag_id, task_ids=[self.produces], run_ids=[run_id])
        state = states.get(run_id, {}).get(self.produces)
        return None if state is None else str(state)
