"""spark-submit as barograph uses it: a program of the jobs folder, with the local jars of the settings."""

from typing import Any

from airflow.providers.apache.spark.hooks.spark_submit import SparkSubmitHook
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException

from barograph.errors import Permanent, Transient
from barograph.orchestration.failures import failing_for_good
from barograph.settings import get_settings
from barograph.spark_jobs import FOR_GOOD, LAST_WORDS, find_jars, job_conf


class LocalJarsOperator(SparkSubmitOperator):
    """SparkSubmitOperator for the program `job` in the folder `jobs_dir`, beside its log4j2.properties."""

    def __init__(self, *, jobs_dir: str, job: str, **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        super().__init__(application=f"{jobs_dir}/{job}", **kwargs)
        self._last_words = ""
        self.conf = job_conf(jobs_dir)

    def arguments(self, context: Context) -> list[str]:
        """What the program is given in this run."""
        raise NotImplementedError

    def execute(self, context: Context) -> None:
        """Run the program; its last line says what it did, and is the task's when it fails.

        Raises:
            AirflowFailException: there are no jars, the arguments cannot be made, or the program says that it failed for good.
            Transient: the program failed otherwise; Airflow tries again.
        """
        with failing_for_good():
            settings = get_settings()
            self.jars = find_jars(settings)
            self._driver_memory = settings.spark_driver_memory
            self.application_args = self.arguments(context)
            try:
                super().execute(context)
            except AirflowException as error:
                if not self._last_words:
                    raise Transient(f"spark-submit ended without a word of its own, clear this task: {error}") from error
                kind = Permanent if FOR_GOOD in self._last_words.partition(": ")[2].partition(":")[0] else Transient
                raise kind(self._last_words) from error

    def _get_hook(self) -> SparkSubmitHook:
        """The hook, which keeps what the program says when it fails."""
        hook = super()._get_hook()
        read_lines = hook._process_spark_submit_log  # it keeps no line itself
        hook._process_spark_submit_log = lambda lines: read_lines(map(self._listen, lines))  # type: ignore[assignment]  # see above
        return hook

    def _listen(self, line: str) -> str:
        if line.startswith(LAST_WORDS):
            self._last_words = line.strip()
        return line
