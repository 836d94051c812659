"""`barograph audit`: committed attempts held against the tables again, by Spark in a process of its own."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

import barograph
from barograph.cli.console import exiting_on_error
from barograph.errors import RequestRefused
from barograph.settings import Settings, get_settings

JOBS: Final = Path(barograph.__file__).resolve().parents[2] / "jobs"


def audit(
    days: Annotated[int, typer.Option(min=1, help="Look at attempts committed in the last so many days.")] = 7,
    source: Annotated[str | None, typer.Option(help="Only attempts at this source.")] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Compare with the Kafka records too, while they are kept.")] = False,
) -> None:
    """Read committed values back and compare them with what was landed; exit code 1 if any is lost, or none was compared."""
    with exiting_on_error():
        command = spark_command(get_settings(), "audit_observations.py")
    arguments = ["--days", str(days), *(["--source", source] if source else []), *(["--deep"] if deep else [])]
    done = subprocess.run([*command, *arguments], check=False)  # noqa: S603  # an argument list, no shell
    raise typer.Exit(done.returncode)


def spark_command(settings: Settings, job: str) -> list[str]:
    """spark-submit for `job` on this machine, with the local jars; no secret stands in it.

    Raises:
        RequestRefused: there are no jars.
    """
    jars = sorted(str(jar) for jar in Path(settings.spark_jars_dir).glob("*.jar"))
    if not jars:
        raise RequestRefused(f"no jars in SPARK_JARS_DIR={settings.spark_jars_dir}: run it as ./startup.sh barograph audit")
    return [
        *(str(Path(sys.executable).parent / "spark-submit"), "--master", "local[*]"),
        *("--driver-memory", settings.spark_driver_memory, "--jars", ",".join(jars)),
        *("--conf", f"spark.driver.extraJavaOptions=-Dlog4j2.configurationFile=file:{JOBS}/log4j2.properties"),
        str(JOBS / job),
    ]
