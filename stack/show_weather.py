"""The end of `up`: the DAGs unpaused, the first run awaited, what landed, and where to go from here."""

import csv
import gzip
import json
from pathlib import Path
from typing import Final

from stack.airflow_api import AirflowClient
from stack.console import say
from stack.first_run import HISTORIC, await_first_run, unpause_dags
from stack.landed import Landed, print_landed, read_landed
from stack.settings import StackSettings, env_path

COMMAND: Final = "./startup.sh"
EXAMPLE_DAYS: Final = {"start_date": "2024-05-01", "end_date": "2024-05-02"}


def show_weather(settings: StackSettings, command: str = COMMAND) -> None:
    """Unpause the DAGs, see the last complete day recorded (not in a replay), and print it with what to try next.

    `command` is how the person at the keyboard reaches this stack.

    Raises:
        StackError: a DAG does not appear, or the run ended red; the stack stays up.
    """
    client = AirflowClient.of_stack(settings)
    unpause_dags(client, with_daily=not settings.is_replay)
    landed: list[Landed] = []
    if settings.is_replay:
        say(f"replaying {settings.standin_replay_file}: weather_data_dag stays paused, there is no first run")
    else:
        day = await_first_run(client, settings)
        landed = read_landed(settings, day)
        print_landed(landed)
        hourly = [one for one in landed if one.resolution == "hourly"]
        landed = hourly or landed
    _print_next_things(settings, landed, command)


def _print_next_things(settings: StackSettings, landed: list[Landed], command: str) -> None:
    say("")
    say(f"Airflow: http://localhost:{settings.airflow_port}")
    where = f"in {env_path()}" if command == COMMAND else f"by {command.removesuffix('./startup.sh')}grep ADMIN {env_path()}"
    say(f"Login:   user admin, password {where} under AIRFLOW_ADMIN_PASSWORD")
    say("")
    say("Next things to try:")
    for example in landed[:1]:
        if example.resolution == "hourly":
            say(f'  {command} cqlsh -e "{_hourly_query(settings, example)}"')
    say(f"  {command} airflow dags trigger {HISTORIC}{_history_params(settings)}")
    if command == COMMAND:
        say(f"  {COMMAND} status        {COMMAND} logs airflow-scheduler        {COMMAND} down")


def _hourly_query(settings: StackSettings, example: Landed) -> str:
    columns = ", ".join(("time", *example.variables[:1]))
    table = f"{settings.cassandra_keyspace}.{settings.hourly_sink_table}"
    key = f"location_id='{example.location_ids[0]}' AND source='{example.source}' AND year={example.day.year}"
    return f"SELECT {columns} FROM {table} WHERE {key}"  # noqa: S608 (shown, not run)


def _history_params(settings: StackSettings) -> str:
    params = read_replay_params(Path(settings.standin_replay_file)) if settings.is_replay else EXAMPLE_DAYS
    return f" --conf '{json.dumps(params)}'"


def read_replay_params(path: Path) -> dict[str, object]:
    """The Params of the historic DAG that record everything a replayed file holds: its days, places and variables."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        lines = csv.reader(text)
        variables = next(lines)[3:]
        seen = [(latitude, longitude, time[:10]) for latitude, longitude, time, *_ in lines]
    places, days = list(dict.fromkeys((latitude, longitude) for latitude, longitude, _ in seen)), [day for *_, day in seen]
    return {
        "start_date": min(days),
        "end_date": max(days),
        "latitudes": ",".join(latitude for latitude, _ in places),
        "longitudes": ",".join(longitude for _, longitude in places),
        "hourly": variables,
        "daily": [],
    }
