"""Starts Kafka and Cassandra of a stack and nothing else: an idle Airflow takes a good part of two cores."""

import subprocess
import sys
from typing import Final

from stack.environment import client_environment
from stack.jars import fetch_jars
from stack.programs import find_program
from stack.settings import REPOSITORY
from stack.startup import Startup
from stack.supervision import Supervisor
from stack.weather_mode import settle_settings

STORES: Final = ("kafka", "cassandra")


def main() -> int:
    """The exit code of `barograph init`, which comes last."""
    settings = settle_settings("offline")
    fetch_jars(settings.jars_dir)
    subprocess.run([sys.executable, "-m", "stack.class_archive"], env=client_environment(settings), check=True)
    supervisor = Supervisor(settings)
    supervisor.begin()
    for name in STORES:
        Startup(settings, supervisor).bring_up(find_program(name))
    init = [str(REPOSITORY / ".venv/bin/barograph"), "init"]
    return subprocess.run(init, env=client_environment(settings), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
