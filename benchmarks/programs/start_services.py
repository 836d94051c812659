"""Starts a benchmark's stack: `all` of it, or `stores` for Kafka and Cassandra alone, beside which no idle Airflow runs.

The DAGs wait to be triggered: no run is made that nobody measures.
"""

import subprocess
import sys
from typing import Final

from stack.airflow_api import AirflowClient
from stack.environment import barograph_environment, client_environment
from stack.first_run import await_dags, unpause_dags
from stack.jars import fetch_jars
from stack.kafka_users import make_users
from stack.logins import make_logins
from stack.programs import find_program
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
    fetch_jars(settings.jars_dir)
    make_logins(settings)
    subprocess.run([sys.executable, "-m", "stack.class_archive"], env=client_environment(settings), check=True)
    supervisor = Supervisor(settings)
    supervisor.begin()
    for name in STORES:
        Startup(settings, supervisor).bring_up(find_program(name))
    make_users(settings)
    subprocess.run([str(REPOSITORY / ".venv/bin/barograph"), "init"], env=barograph_environment(settings, "admin"), check=True)


if __name__ == "__main__":
    {"all": start_all, "stores": start_stores}[sys.argv[1]](settle_settings("offline"))
