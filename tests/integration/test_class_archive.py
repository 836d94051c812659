"""Java's class archive: a job of the running stack really uses it."""

import subprocess
from pathlib import Path

import pytest

from barograph.spark_jobs import class_archive, submit_command
from stack.environment import client_environment
from stack.side_stack import SideStack

pytestmark = pytest.mark.integration


def test_the_archive_that_startup_made_fits_the_class_path_of_jobs(side: SideStack, tmp_path: Path) -> None:
    job = tmp_path / "job.py"
    job.write_text("print('started')")
    settings = side.settings
    *command, job_path = submit_command(str(job), [], settings)
    options = f"-XX:+UseParallelGC -XX:SharedArchiveFile={class_archive(settings)} -Xshare:on"
    strict = f"spark.driver.extraJavaOptions={options}"
    command += ["--conf", strict, job_path]  # Java refuses to start where it would do without the archive
    done = subprocess.run(command, env=client_environment(side.settings), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "started"), done.stdout + done.stderr
