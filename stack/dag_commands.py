"""`airflow dags trigger` and `airflow dags list-runs`, answered by Airflow's API in a second; its own command takes seven.

What else these two can do (`--output`, `--help`, …), and every other command, goes to Airflow's own.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from rich.table import Table

from stack.airflow_api import MAX_RUNS, AirflowClient, AirflowRefused
from stack.console import complain, console, say
from stack.errors import StackError
from stack.settings import StackSettings

_NOT_FOUND: Final = (404, 405)
"""405: a name with a slash is another address of the API."""

_CONFLICT: Final = 409


class _Misused(Exception):
    """An argument is not what it must be: exit code 2."""


def answer(arguments: list[str], settings: StackSettings) -> None:
    """Answer the command and exit; return when it is one for Airflow's own command.

    Raises:
        StackError: Airflow refuses or does not answer.
    """
    given = _parse(arguments)
    if given is None:
        return
    try:
        with AirflowClient.of_stack(settings) as client:
            _trigger(client, given, settings) if given.command == "trigger" else _list_runs(client, given.dag_id)
    except _Misused as error:
        complain(f"error: {error}")
        sys.exit(2)
    sys.exit(0)


def _parse(arguments: list[str]) -> argparse.Namespace | None:
    """The arguments of a command that is answered here; None for others, wrong ones among them, whose usage Airflow explains."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    trigger = commands.add_parser("trigger", add_help=False, exit_on_error=False, allow_abbrev=False)
    trigger.add_argument("dag_id")
    trigger.add_argument("-c", "--conf")
    trigger.add_argument("-r", "--run-id")
    trigger.add_argument("-l", "--logical-date")
    list_runs = commands.add_parser("list-runs", add_help=False, exit_on_error=False, allow_abbrev=False)
    list_runs.add_argument("dag_id")
    try:
        given, others = parser.parse_known_args(arguments)
    except (argparse.ArgumentError, SystemExit):
        return None
    return None if others else given


def _trigger(client: AirflowClient, given: argparse.Namespace, settings: StackSettings) -> None:
    conf, logical_date = _read_conf(given.conf), _read_date(given.logical_date)
    try:
        run_id = client.trigger(given.dag_id, conf, run_id=given.run_id, logical_date=logical_date)
    except AirflowRefused as error:
        raise StackError(_explain(client, error, given)) from error
    say(f"{given.dag_id}: run {run_id} is queued")
    say(f"{settings.page_url}/dags/{given.dag_id}/runs/{quote(run_id)}")


def _explain(client: AirflowClient, error: AirflowRefused, given: argparse.Namespace) -> str:
    if error.status in _NOT_FOUND:
        return f"there is no DAG {given.dag_id}: give one of {', '.join(sorted(client.dag_ids()))}"
    if error.status == _CONFLICT:
        names = [f"run id {given.run_id}"] if given.run_id else []
        names += [f"logical date {given.logical_date}"] if given.logical_date else []
        return f"{given.dag_id} has a run with this {' or '.join(names) or 'id'} already: give another one, or leave it out"
    return f"{given.dag_id} was not triggered: {error.reason}"


def _read_conf(text: str | None) -> Mapping[str, object]:
    example = """write it as '{"start_date": "2024-05-01"}'"""
    try:
        conf = json.loads(text or "{}", parse_constant=_refuse_constant)
    except ValueError as error:
        raise _Misused(f"--conf {text}: no JSON ({error}): {example}") from error
    if conf is not None and not isinstance(conf, dict):
        raise _Misused(f"--conf {text}: must be a JSON object, names with values: {example}")
    return conf or {}


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no number in JSON")


def _read_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        date = datetime.fromisoformat(text)
    except ValueError as error:
        raise _Misused(f"--logical-date {text}: no date: write 2024-05-01 or 2024-05-01T06:00:00+00:00") from error
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _list_runs(client: AirflowClient, dag_id: str) -> None:
    try:
        runs = client.runs(dag_id)
    except AirflowRefused as error:
        if error.status not in _NOT_FOUND:
            raise
        raise StackError(f"there is no DAG {dag_id}: give one of {', '.join(sorted(client.dag_ids()))}") from error
    if not runs:
        say(f"{dag_id} has no runs")
        return
    newest = f"the newest {len(runs)}" if len(runs) == MAX_RUNS else None
    table = Table("run id", "state", "logical date", "started", "ended", box=None, caption=newest, caption_justify="left")
    for run in runs:
        table.add_row(run.run_id, run.state, *map(_show, (run.logical_date, run.started_at, run.ended_at)))
    console.print(table)


def _show(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}" if time else ""
