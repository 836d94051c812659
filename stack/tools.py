"""Commands that become another program with the stack's settings: cqlsh, airflow, barograph. Few imports: they start at once."""

import os
from typing import Final, NoReturn

from stack.environment import airflow_environment, client_environment
from stack.settings import REPOSITORY, load_settings

TOOLS: Final = ("cqlsh", "airflow", "barograph")
"""Commands whose arguments belong to the tool, all of them."""

WARNINGS: Final = ",".join((
    "ignore:Could not import graphviz",  # it draws DAGs as pictures, which the web pages do as well
    "ignore:Using `httpx` with `starlette.testclient` is deprecated",  # Airflow's own business
))  # fmt: skip
"""What Airflow's commands warn of although no user can do anything about it; everything else is shown."""


def run_tool(name: str, arguments: list[str]) -> NoReturn:
    """Become `name` with exactly these arguments and the stack's settings; some commands of Airflow are answered by its API.

    Raises:
        StackError: a setting does not fit, or Airflow refuses or does not answer.
    """
    settings = load_settings()
    if name == "airflow":
        if arguments[:1] == ["dags"]:
            from stack.dag_commands import answer  # not above: requests takes as long as all the rest

            answer(arguments[1:], settings)
        environment = {**airflow_environment(settings), "PYTHONWARNINGS": WARNINGS}
    else:
        environment = client_environment(settings)
    command = [str(REPOSITORY / ".venv/bin" / name), *arguments]
    if name == "cqlsh":
        address = [settings.cassandra_host.split(",")[0], str(settings.cassandra_port)]
        environment["PYTHONPATH"] = str(REPOSITORY)
        command = [str(REPOSITORY / ".venv/bin/python"), "-m", "stack.cqlsh", *arguments, *address]
    os.execve(command[0], command, environment)  # noqa: S606 (no shell is wanted)
