"""How Spark's programs are started: with the jars on this machine, and never a secret among the arguments."""

import sys
from collections.abc import Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir
from typing import Final

import barograph
from barograph.errors import RequestRefused
from barograph.settings import Settings

JOBS: Final = Path(barograph.__file__).resolve().parents[2] / "jobs"
"""The folder of Spark's programs, next to startup.sh."""

SMALL_LOAD: Final = 50_000
"""Observations below which Java's quick compiler alone is the faster one. Measured: docs/performance.md."""


def find_jars(settings: Settings) -> str:
    """The jars that Spark loads besides its own, as spark-submit takes them.

    Raises:
        RequestRefused: there are none.
    """
    jars = sorted(str(jar) for jar in settings.spark_jars_dir.glob("*.jar"))
    if not jars:
        raise RequestRefused(f"no jars in {settings.spark_jars_dir}, the folder spark in JARS_DIR: ./startup.sh fetches them")
    return ",".join(jars)


def class_archive(settings: Settings) -> Path:
    """Where Java keeps the classes of a job ready for use; it may not be there yet.

    Java checks the archive against the jars and silently ignores an archive of other jars, so its name is made from
    its jars: path, size and second of the last change. Source: JEP 350.
    """
    spark = find_spec("pyspark")
    spark_jars = Path(spark.origin).with_name("jars").glob("*.jar") if spark and spark.origin else ()
    found = [*sorted(spark_jars), *map(Path, find_jars(settings).split(","))]
    jars = [f"{path} {stat.st_size} {int(stat.st_mtime)}" for path in found for stat in [path.stat()]]
    return settings.spark_jars_dir / f"classes-{sha256(chr(10).join(jars).encode()).hexdigest()[:16]}.jsa"


def job_conf(settings: Settings, *, is_small: bool = False) -> dict[str, str]:
    """What the jobs are configured with: they log by the log4j2.properties in their folder.

    Their JVM knows no time zone but UTC, puts temporary files where this process does (TMPDIR), and listens where all services
    of this machine do, for the workers of `spark_master`. It takes its classes from the archive, if there is one, and so do
    executors on machines that have jars and archive at the same paths. For a job that `is_small`, Java compiles
    quickly and Spark makes no Java code, since its queries run only for moments. Why it has that collector: docs/decisions/0036.
    """
    interpreted = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
    archive = class_archive(settings)
    jars = find_jars(settings).replace(",", ":")
    java = [
        "-Duser.timezone=UTC",
        "-XX:+UseParallelGC",
        *([f"-XX:SharedArchiveFile={archive}", "-Xlog:cds*=off"] if archive.exists() else []),
        *(["-XX:TieredStopAtLevel=1"] if is_small else []),
    ]
    own = [f"-Dlog4j2.configurationFile=file:{JOBS}/log4j2.properties", f"-Djava.io.tmpdir={gettempdir()}"]
    return {
        "spark.driver.extraJavaOptions": " ".join([*own, *java]),
        "spark.driver.extraClassPath": jars,
        "spark.executor.extraJavaOptions": " ".join(java),
        "spark.executor.extraClassPath": jars,
        "spark.driver.bindAddress": settings.listen_host,
        **(interpreted if is_small else {}),
    }


def submit_command(job: str, arguments: Sequence[str], settings: Settings, *, is_small: bool = False) -> list[str]:
    """The command that runs `job`, a file of the folder jobs or a path, on the cores of `spark_master`, with this Python.

    `is_small` as in `job_conf`.

    Raises:
        RequestRefused: the job or the jars are not there.
    """
    if not (JOBS / job).is_file():
        raise RequestRefused(f"{JOBS / job} is not there: install barograph from its repository, by ./startup.sh")
    conf = {**job_conf(settings, is_small=is_small), "spark.pyspark.python": sys.executable}
    return [
        str(Path(sys.executable).with_name("spark-submit")),
        *("--master", settings.spark_master, "--name", f"barograph {job}", "--driver-memory", settings.spark_driver_memory),
        *("--jars", find_jars(settings)),
        *(("--properties-file", str(settings.spark_properties)) if settings.spark_properties else ()),
        *(part for name, value in conf.items() for part in ("--conf", f"{name}={value}")),
        str(JOBS / job),
        *arguments,
    ]
