"""Starts a benchmark's stack: `all` of it, or `stores` for Kafka and Cassandra alone, beside which no idle Airflow runs.

`stores-without-logins` are the two as benchmarks/without_logins.py has them.

The DAGs wait to be triggered: no run is made that nobody measures.
"""

import subprocess
import sys
from collections.abc import Iterable
from typing import Final

from benchmarks.without_logins import make_no_logins, programs_without_logins, without_logins
from stack.airflow_api import AirflowClient
from stack.certificates import make_certificates
from stack.environment import barograph_environment, client_environment
from stack.first_run import await_dags, unpause_dags
from stack.jars import fetch_jars
from stack.kafka_users import make_users
from stack.logins import make_logins
from stack.programs import Program, find_program
from stack.settings import REPOSITORY, StackSettings
from stack.stack_control import bring_up
from stack.startup import Startup
from stack.supervision import Supervisor
from stack.weather_mode import settle_settings

STORES: Final = ("kafka", "cassandra")


def start_all(settings: StackSettings) -> None:
    """Every service; the DAGs that are triggered by hand take runs, and so does the empty one."""
    bring_up(settings)
    client = AirflowClient.of_stack(settings)
    unpause_dags(client, with_daily=False)
    await_dags(client, {"empty_dag"})
    client.unpause("empty_dag")


def start_stores(settings: StackSettings) -> None:
    """Kafka and Cassandra, with barograph's topics and tables."""
    make_certificates(settings)
    make_logins(settings)
    _bring_up(settings, map(find_program, STORES))


def start_without_logins(settings: StackSettings) -> None:
    """The same with no one asked for a login."""
    make_no_logins(settings)
    _bring_up(without_logins(settings), programs_without_logins())


def _bring_up(settings: StackSettings, programs: Iterable[Program]) -> None:
    fetch_jars(settings.jars_dir)
    subprocess.run([sys.executable, "-m", "stack.class_archive"], env=client_environment(settings), check=True)
    supervisor = Supervisor(settings)
    supervisor.begin()
    for program in programs:
        Startup(settings, supervisor).bring_up(program)
    make_users(settings)
    subprocess.run([str(REPOSITORY / ".venv/bin/barograph"), "init"], env=barograph_environment(settings, "admin"), check=True)


if __name__ == "__main__":
    starts = {"all": start_all, "stores": start_stores, "stores-without-logins": start_without_logins}
    starts[sys.argv[1]](settle_settings("offline"))
