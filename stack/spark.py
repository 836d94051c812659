"""Spark's own cluster, in containers: one master, and workers that find it by SPARK_MASTER."""

import socket
from typing import Final

from stack.settings import LOOPBACK, REPOSITORY, StackSettings

MASTER_WEB_PORT: Final = 8080
WORKER_WEB_PORT: Final = 8081

_PAGES_FOR_THIS_CONTAINER: Final = ("env", f"SPARK_LOCAL_IP={LOOPBACK}")
"""Who sees the pages may end jobs there, and they have no login: they answer the health check in their own container only."""

_SPARK_CLASS: Final = str(REPOSITORY / ".venv/bin/spark-class")
_PACKAGE: Final = "org.apache.spark.deploy"


def master_command(settings: StackSettings) -> list[str]:
    """The master's command line: it listens at the host and port of SPARK_MASTER."""
    host, port = settings.spark_master.removeprefix("spark://").split(":")
    address = ["--host", host, "--port", port, "--webui-port", str(MASTER_WEB_PORT)]
    secret = ["--properties-file", str(settings.spark_properties)]
    return [*_PAGES_FOR_THIS_CONTAINER, _SPARK_CLASS, f"{_PACKAGE}.master.Master", *address, *secret]


def worker_command(settings: StackSettings) -> list[str]:
    """A worker's command line: it offers all its cores, and the memory of one executor."""
    address = ["--host", socket.gethostbyname(socket.gethostname()), "--webui-port", str(WORKER_WEB_PORT)]
    offer = ["--memory", settings.spark_executor_memory, "--work-dir", str(settings.state_dir / "work")]
    secret = ["--properties-file", str(settings.spark_properties)]
    worker = [_SPARK_CLASS, f"{_PACKAGE}.worker.Worker", *address, *offer, *secret, settings.spark_master]
    return [*_PAGES_FOR_THIS_CONTAINER, *worker]
