"""The end of `up`: the DAGs unpaused, the first run awaited, what landed, and where to go from here."""

import json
from pathlib import Path
from shlex import quote
from typing import Final

from stack.airflow_api import AirflowClient
from stack.console import say
from stack.first_run import HISTORIC, await_first_run, unpause_dags
from stack.landed import Landed, print_landed, read_landed
from stack.settings import StackSettings, env_path
from stack.standin.replay import read_rows

COMMAND: Final = "./startup.sh"
IN_DOUBLE_QUOTES: Final = frozenset('"\\$`!')
"""What a shell acts on there."""
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
    print_next_things(settings, landed, command)


def print_next_things(settings: StackSettings, landed: list[Landed], command: str) -> None:
    """Where the web pages are, and commands to copy: what comes from data or a file is one word of a shell, whatever it holds."""
    say("")
    say(f"Airflow: http://localhost:{settings.airflow_port}")
    where = f"in {env_path()}" if command == COMMAND else f"by {command.removesuffix('./startup.sh')}grep ADMIN {env_path()}"
    say(f"Login:   user admin, password {where} under AIRFLOW_ADMIN_PASSWORD")
    say("")
    say("Next things to try:")
    for example in landed[:1]:
        if example.resolution == "hourly":
            say(f"  {command} cqlsh -e {_in_shell(_hourly_query(settings, example))}")
    say(f"  {command} airflow dags trigger {HISTORIC}{_history_params(settings)}")
    if command == COMMAND:
        say(f"  {COMMAND} status        {COMMAND} logs airflow-scheduler        {COMMAND} down")


def _hourly_query(settings: StackSettings, example: Landed) -> str:
    columns = ", ".join(("time", *example.variables[:1]))
    table = f"{settings.cassandra_keyspace}.{settings.hourly_sink_table}"
    location_id, source = (text.replace("'", "''") for text in (example.location_ids[0], example.source))
    key = f"location_id='{location_id}' AND source='{source}' AND year={example.day.year}"
    return f"SELECT {columns} FROM {table} WHERE {key}"  # noqa: S608 (shown, not run)


def _in_shell(text: str) -> str:
    """`text` as one word of a shell, whatever it holds: it may be copied from here."""
    return quote(text) if IN_DOUBLE_QUOTES.intersection(text) else f'"{text}"'


def _history_params(settings: StackSettings) -> str:
    params = read_replay_params(Path(settings.standin_replay_file)) if settings.is_replay else EXAMPLE_DAYS
    return f" --conf {quote(json.dumps(params))}"


def read_replay_params(path: Path) -> dict[str, object]:
    """The Params of the historic DAG that record everything a replayed file holds: its days, places and variables."""
    rows = read_rows(path)
    variables, places, days = next(rows)[1][3:], dict[tuple[str, str], None](), set[str]()
    for _, (latitude, longitude, time, *_) in rows:
        places[latitude, longitude] = None
        days.add(time[:10])
    return {
        "start_date": min(days),
        "end_date": max(days),
        "latitudes": ",".join(latitude for latitude, _ in places),
        "longitudes": ",".join(longitude for _, longitude in places),
        "hourly": variables,
        "daily": [],
    }
