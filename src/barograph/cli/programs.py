"""Programs that commands start: Spark's jobs, and Airflow's own command by way of startup.sh."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import typer

import barograph
from barograph.settings import get_settings
from barograph.spark_jobs import submit_command

STARTUP: Final = Path(barograph.__file__).resolve().parents[2] / "startup.sh"


def exit_with_job(job: str, arguments: Sequence[str]) -> NoReturn:
    """Run `job` of the folder jobs and end this command as it ended: exit code 0 or 1.

    Raises:
        RequestRefused: the job or the jars are not there.
    """
    command = submit_command(job, arguments, get_settings())
    raise typer.Exit(min(1, subprocess.run(command, check=False).returncode))  # noqa: S603  # a list of arguments, no shell


def airflow_command(*arguments: str) -> list[str]:
    """`airflow` with the stack's settings."""
    return ["sh", str(STARTUP), "airflow", *arguments]
