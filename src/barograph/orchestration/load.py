"""The load operator: spark-submit with local jars, for the attempts of this run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Context, XComArg

from barograph.errors import RequestRefused
from barograph.orchestration.failures import failing_for_good
from barograph.orchestration.produce import Produced
from barograph.settings import get_settings


class LoadObservationsOperator(SparkSubmitOperator):
    """SparkSubmitOperator for `jobs/load_observations.py`, lying in the folder `jobs_dir` beside its log4j2.properties.

    `produced` is what the produce task returned; one job lands all its attempts. The job's last line says what landed.

    Raises:
        AirflowFailException: there are no jars, or no attempts.
    """

    template_fields = (*SparkSubmitOperator.template_fields, "produced")

    def __init__(self, *, jobs_dir: str, produced: XComArg, **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        super().__init__(application=f"{jobs_dir}/load_observations.py", **kwargs)
        self.produced = produced
        self.conf = {"spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile=file:{jobs_dir}/log4j2.properties"}

    def execute(self, context: Context) -> None:
        """See the class."""
        with failing_for_good():
            settings = get_settings()
            attempt_ids: Sequence[str] = cast("Produced", self.produced)["attempt_ids"]
            jars = sorted(str(jar) for jar in Path(settings.spark_jars_dir).glob("*.jar"))
            if not jars:
                raise RequestRefused(f"no jars in SPARK_JARS_DIR={settings.spark_jars_dir}: ./startup.sh fetches them")
            if not attempt_ids:
                raise RequestRefused("there are no attempts to load: clear the produce task")
            self.jars = ",".join(jars)
            self._driver_memory = settings.spark_driver_memory
            self.application_args = ["--attempts", ",".join(attempt_ids)]
        super().execute(context)
