"""spark-submit as barograph uses it: a program of the jobs folder, with the local jars of the settings."""

from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Context

from barograph.orchestration.failures import failing_for_good
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
