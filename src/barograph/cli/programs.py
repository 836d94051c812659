"""Programs that commands start: Spark's jobs, and Airflow's own command by way of startup.sh."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import typer

import barograph
from barograph.cli.console import say, say_message
from barograph.errors import RequestRefused
from barograph.settings import get_settings
from barograph.spark_failures import UNSTARTED, SparkOutput
from barograph.spark_jobs import submit_command

AGAIN: Final = "run this command again"
STARTUP: Final = Path(barograph.__file__).resolve().parents[2] / "startup.sh"


def exit_with_job(job: str, arguments: Sequence[str]) -> NoReturn:
    """Run `job` of the folder jobs and end this command as it ended: exit code 0 or 1; the last line of a failure says why.

    Raises:
        RequestRefused: the job, the jars or spark-submit are not there.
    """
    settings, output = get_settings(), SparkOutput()
    command = submit_command(job, arguments, settings)
    try:
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as spark:  # noqa: S603  # a list of arguments, no shell
            for line in output.read(spark.stderr or ()):
                say(line.rstrip().expandtabs(), err=True)
    except FileNotFoundError as error:
        raise RequestRefused(UNSTARTED.format(error, AGAIN)) from error
    if spark.returncode and (told := output.explain(spark.returncode, settings, AGAIN).message) != output.reported:
        say_message(told, err=True)
    raise typer.Exit(1 if spark.returncode else 0)


def airflow_command(*arguments: str) -> list[str]:
    """`airflow` with the stack's settings."""
    return ["sh", str(STARTUP), "airflow", *arguments]
