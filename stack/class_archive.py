"""Java's archive of the classes that Spark jobs load, made once by a training run: a job starts with a third of the work.

It is next to the jars that it was made from. Without it jobs run too, but more slowly.
"""

import os
import subprocess
from pathlib import Path
from typing import Final

from barograph.errors import BarographError
from barograph.settings import Settings, get_settings
from barograph.spark_failures import SparkOutput
from barograph.spark_jobs import class_archive, submit_command
from stack.errors import StackError
from stack.jars import locked
from stack.java import find_java_home
from stack.settings import LOOPBACK

JOB: Final = "training_run.py"


def make_class_archive(settings: Settings) -> Path:
    """The archive of the jars in `settings.spark_jars_dir`, made if it is not there, or older than Java's installation.

    Others that make it are waited for.

    Raises:
        StackError: the training run failed; holds what it said.
    """
    archive = class_archive(settings)
    with locked(archive.parent):
        if archive.exists() and archive.stat().st_mtime > _java_installed_at():
            return archive
        for old in archive.parent.glob("classes-*"):
            old.unlink()
        made = archive.with_suffix(f".{os.getpid()}")
        learn = f"spark.driver.extraJavaOptions=-XX:ArchiveClassesAtExit={made} -XX:TieredStopAtLevel=1 -Xlog:cds*=off"
        *command, job = submit_command(JOB, [], settings)
        command += ["--conf", learn, "--conf", f"spark.driver.host={LOOPBACK}", job]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not made.exists():
            output = SparkOutput()
            list(output.read((done.stdout + done.stderr).splitlines()))
            why = output.explain(done.returncode, settings, "start again").message
            raise StackError(f"the training run for Java's class archive failed: {why}")
        made.rename(archive)
    return archive


def _java_installed_at() -> float:
    home = find_java_home()
    modules = home / "lib/modules" if home else None
    return modules.stat().st_ctime if modules and modules.exists() else 0


if __name__ == "__main__":
    try:
        make_class_archive(get_settings())
    except (BarographError, StackError) as error:
        raise SystemExit(f"error: {error}") from error
