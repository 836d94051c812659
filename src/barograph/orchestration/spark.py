"""spark-submit as barograph uses it: a program of the jobs folder, with the local jars of the settings."""

from collections.abc import Iterator
from typing import Any, ClassVar, TextIO, cast

from airflow.providers.apache.spark.hooks.spark_submit import SparkSubmitHook
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from barograph.orchestration.failures import failing_for_good
from barograph.settings import get_settings
from barograph.spark_failures import CLEAR, UNSTARTED, SparkOutput
from barograph.spark_jobs import JOBS, find_jars, job_conf


class LocalJarsOperator(SparkSubmitOperator):
    """SparkSubmitOperator for the program `job` of the folder jobs, with the log4j2.properties there."""

    job: ClassVar[str]

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401  # Airflow's own keywords
        super().__init__(application=str(JOBS / self.job), **kwargs)
        self._output = SparkOutput()
        self._is_small = False

    def arguments(self, context: Context) -> list[str] | None:
        """What the program is given in this run; None = there is nothing left to do."""
        raise NotImplementedError

    def execute(self, context: Context) -> None:
        """Run the program; its last line says what it did.

        Raises:
            AirflowFailException: there are no jars, the arguments cannot be made, or the cause will not pass without a change.
            AirflowException: it failed otherwise; the message is the cause and the remedy, never the command of spark-submit.
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
            self.properties_file = str(settings.spark_properties) if settings.spark_properties else None
        self._output = SparkOutput()
        try:
            super().execute(context)
        except FileNotFoundError as error:
            raise AirflowFailException(UNSTARTED.format(error, CLEAR)) from None
        except AirflowException:
            failure = self._output.explain(self._exit_code(), settings)
            # from None: Airflow logs causes below the error, and the last line would be the command of spark-submit
            raise (AirflowFailException if failure.is_permanent else AirflowException)(failure.message) from None

    def _exit_code(self) -> int:
        """How spark-submit ended; the hook has waited for it."""
        process = self._hook._submit_sp if self._hook else None
        return process.returncode if process else 1

    def _get_hook(self) -> SparkSubmitHook:
        """The stock hook, with its output read on the way: its exit code alone would be the last line of a red task."""
        hook = super()._get_hook()
        log_lines = hook._process_spark_submit_log
        hook._process_spark_submit_log = lambda itr: log_lines(self._read(cast("TextIO", itr)))  # type: ignore[method-assign]  # the hook offers no callback for output lines
        return hook

    def _read(self, output: TextIO) -> Iterator[str]:
        """The lines of `output`, which is closed after them."""
        with output:
            yield from self._output.read(output)
