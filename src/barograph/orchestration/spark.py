"""spark-submit as barograph uses it: a job of the jobs folder, with the local jars of the settings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Context

from barograph.errors import RequestRefused
from barograph.settings import Settings


class LocalJobOperator(SparkSubmitOperator):
    """SparkSubmitOperator for the job `job` in the folder `jobs_dir`, beside its log4j2.properties."""

    def __init__(self, *, jobs_dir: str, job: str, **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        super().__init__(application=f"{jobs_dir}/{job}", **kwargs)
        self.conf = {"spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile=file:{jobs_dir}/log4j2.properties"}

    def prepare(self, settings: Settings, arguments: Sequence[str]) -> None:
        """Set what the next `submit` starts; `arguments` are the job's own.

        Raises:
            RequestRefused: there are no jars.
        """
        jars = sorted(str(jar) for jar in Path(settings.spark_jars_dir).glob("*.jar"))
        if not jars:
            raise RequestRefused(f"no jars in SPARK_JARS_DIR={settings.spark_jars_dir}: ./startup.sh fetches them")
        self.jars = ",".join(jars)
        self._driver_memory = settings.spark_driver_memory
        self.application_args = list(arguments)

    def submit(self, context: Context) -> None:
        """Run what `prepare` set."""
        super().execute(context)
