"""How Spark's programs are started: with the jars that lie on this machine, and never a secret among the arguments."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import gettempdir
from typing import Final

from barograph.errors import RequestRefused
from barograph.settings import Settings

FAILED: Final = re.compile(r"barograph: \w+ failed(?P<for_good> for good)?\b")
"""How the line begins with which a job ends that did not do its work; `for_good`: trying again is vain (`errors.Permanent`)."""


def find_jars(settings: Settings) -> str:
    """The jars that Spark loads, as spark-submit takes them.

    Raises:
        RequestRefused: there are none.
    """
    jars = sorted(str(jar) for jar in Path(settings.spark_jars_dir).glob("*.jar"))
    if not jars:
        raise RequestRefused(f"no jars in SPARK_JARS_DIR={settings.spark_jars_dir}: ./startup.sh fetches them")
    return ",".join(jars)


def job_conf(jobs_dir: str, settings: Settings) -> dict[str, str]:
    """What the jobs in `jobs_dir` are configured with: they log by the log4j2.properties beside them.

    Their JVM puts temporary files where this process does (TMPDIR), and listens where all services of this machine do, for
    the workers of `spark_master`.
    """
    options = f"-Dlog4j2.configurationFile=file:{jobs_dir}/log4j2.properties -Djava.io.tmpdir={gettempdir()}"
    return {"spark.driver.extraJavaOptions": options, "spark.driver.bindAddress": settings.listen_host}


def submit_command(job: str, arguments: Sequence[str], settings: Settings) -> list[str]:
    """The command that runs JOBS_DIR/`job` on the cores of `spark_master`, with this Python.

    Raises:
        RequestRefused: the job or the jars are not there.
    """
    jobs_dir = Path(settings.jobs_dir).resolve()
    if not (jobs_dir / job).is_file():
        raise RequestRefused(f"no {job} in JOBS_DIR={settings.jobs_dir}: set it to the folder jobs of barograph")
    conf = {**job_conf(str(jobs_dir), settings), "spark.pyspark.python": sys.executable}
    return [
        str(Path(sys.executable).with_name("spark-submit")),
        *("--master", settings.spark_master, "--name", f"barograph {job}", "--driver-memory", settings.spark_driver_memory),
        *("--jars", find_jars(settings)),
        *(part for name, value in conf.items() for part in ("--conf", f"{name}={value}")),
        str(jobs_dir / job),
        *arguments,
    ]
