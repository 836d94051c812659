"""The operators that run Spark: spark-submit with local jars, for the load and for the replay of the quarantine."""

from collections.abc import Sequence
from typing import Any, cast

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Context, XComArg

from barograph.errors import RequestRefused
from barograph.model.quarantine import Selection
from barograph.orchestration.failures import failing_for_good
from barograph.orchestration.params import refuse_unknown_params
from barograph.orchestration.produce import Produced
from barograph.settings import get_settings
from barograph.spark_jobs import find_jars, job_conf


class LocalJarsOperator(SparkSubmitOperator):
    """SparkSubmitOperator for the program `job` in the folder `jobs_dir`, beside its log4j2.properties."""

    def __init__(self, *, jobs_dir: str, job: str, **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        super().__init__(application=f"{jobs_dir}/{job}", **kwargs)
        self.conf = job_conf(jobs_dir)

    def arguments(self, context: Context) -> list[str]:
        """What the program is given in this run."""
        raise NotImplementedError

    def execute(self, context: Context) -> None:
        """Run the program; its last line says what it did.

        Raises:
            AirflowFailException: there are no jars, or the arguments cannot be made.
        """
        with failing_for_good():
            settings = get_settings()
            self.jars = find_jars(settings)
            self._driver_memory = settings.spark_driver_memory
            self.application_args = self.arguments(context)
        super().execute(context)


class LoadObservationsOperator(LocalJarsOperator):
    """Lands `produced`, which is what the produce task returned; one job lands all its attempts.

    Raises:
        AirflowFailException: there are no jars, or no attempts.
    """

    template_fields = (*SparkSubmitOperator.template_fields, "produced")

    def __init__(self, *, jobs_dir: str, produced: XComArg, **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        super().__init__(jobs_dir=jobs_dir, job="load_observations.py", **kwargs)
        self.produced = produced

    def arguments(self, context: Context) -> list[str]:
        """The attempts of this run."""
        attempt_ids: Sequence[str] = cast("Produced", self.produced)["attempt_ids"]
        if not attempt_ids:
            raise RequestRefused("there are no attempts to load: clear the produce task")
        return ["--attempts", ",".join(attempt_ids)]


class ReplayQuarantineOperator(LocalJarsOperator):
    """Replays the quarantined records that the run's Params `known` select (see `Selection.from_texts`).

    Raises:
        AirflowFailException: there are no jars, no Param is filled, or one is not what its name says.
    """

    def __init__(self, *, jobs_dir: str, known: Sequence[str], **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        super().__init__(jobs_dir=jobs_dir, job="replay_quarantine.py", **kwargs)
        self.known = known

    def arguments(self, context: Context) -> list[str]:
        """The selection of this run."""
        refuse_unknown_params(context["dag_run"].conf or {}, self.known)
        return Selection.from_texts({name: context["params"].get(name) for name in self.known}).to_arguments()
