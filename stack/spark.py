"""Spark's own cluster, in containers: one master, and workers that find it by SPARK_MASTER."""

from typing import Final

from stack.settings import REPOSITORY, StackSettings

MASTER_WEB_PORT: Final = 8080
WORKER_WEB_PORT: Final = 8081

_SPARK_CLASS: Final = str(REPOSITORY / ".venv/bin/spark-class")
_PACKAGE: Final = "org.apache.spark.deploy"


def master_command(settings: StackSettings) -> list[str]:
    """The master's command line: it listens at the host and port of SPARK_MASTER."""
    host, port = settings.spark_master.removeprefix("spark://").split(":")
    address = ["--host", host, "--port", port, "--webui-port", str(MASTER_WEB_PORT)]
    return [_SPARK_CLASS, f"{_PACKAGE}.master.Master", *address]


def worker_command(settings: StackSettings) -> list[str]:
    """A worker's command line: it offers all its cores, and the memory of one executor."""
    offer = ["--memory", settings.spark_executor_memory, "--work-dir", str(settings.state_dir / "work")]
    return [_SPARK_CLASS, f"{_PACKAGE}.worker.Worker", *offer, "--webui-port", str(WORKER_WEB_PORT), settings.spark_master]
