"""spark-submit as barograph uses it: a program of the jobs folder, with the local jars of the settings."""

from collections.abc import Iterator
from typing import Any, ClassVar, TextIO, cast

from airflow.providers.apache.spark.hooks.spark_submit import SparkSubmitHook
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from barograph.orchestration.failures import failing_for_good
from barograph.settings import get_settings
from barograph.spark_jobs import FAILED, JOBS, find_jars, job_conf


class LocalJarsOperator(SparkSubmitOperator):
    """SparkSubmitOperator for the program `job` of the folder jobs, beside its log4j2.properties."""

    job: ClassVar[str]

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        super().__init__(application=str(JOBS / self.job), **kwargs)
        self._failure: list[str] = []
        self._is_small = False

    def arguments(self, context: Context) -> list[str] | None:
        """What the program is given in this run; None = there is nothing left to do."""
        raise NotImplementedError

    def execute(self, context: Context) -> None:
        """Run the program; its last line says what it did.

        Raises:
            AirflowFailException: there are no jars, the arguments cannot be made, or the program says that trying again is vain.
            AirflowException: the program failed otherwise; the message is what the program said.
        """
        with failing_for_good():
            settings = get_settings()
            self.jars = find_jars(settings)
            self._driver_memory = settings.spark_driver_memory
            arguments = self.arguments(context)
            if arguments is None:
                return
            self.application_args = arguments
            self.conf = job_conf(settings, is_small=self._is_small)
        try:
            super().execute(context)
        except AirflowException as error:
            said = "\n".join(self._failure) or f"spark-submit ended without a word of its own, clear this task: {error}"
            told = FAILED.match(said)
            # from None: Airflow logs causes below the error, and the last line would be the command of spark-submit
            raise (AirflowFailException if told and told["for_good"] else AirflowException)(said) from None

    def _get_hook(self) -> SparkSubmitHook:
        """The stock hook, whose exit code alone would be the last line of a red task, listened to."""
        hook = super()._get_hook()
        log_lines = hook._process_spark_submit_log  # the one place where the hook sees what the program says
        hook._process_spark_submit_log = lambda itr: log_lines(self._listen(cast("TextIO", itr)))  # type: ignore[method-assign]  # it has no other ear
        return hook

    def _listen(self, output: TextIO) -> Iterator[str]:
        """The lines of `output`, which is closed after them; the one that tells a failure is kept, with the list below it."""
        with output:
            for line in output:
                if FAILED.match(line) or (self._failure and line.startswith("- ")):
                    self._failure.append(line.rstrip())
                yield line
