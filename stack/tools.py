"""Commands that become another program with the stack's settings: cqlsh, airflow, barograph. Few imports: they start at once."""

import os
from configparser import ConfigParser
from typing import Final, NoReturn

from stack.environment import airflow_environment, barograph_environment, client_environment
from stack.settings import REPOSITORY, StackSettings, load_settings
from stack.templates import run_dir

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
        environment = barograph_environment(settings) if name == "barograph" else client_environment(settings)
    command = [str(REPOSITORY / ".venv/bin" / name), *arguments]
    if name == "cqlsh":
        environment |= {"PYTHONPATH": str(REPOSITORY)} | ({"SSL_CERTFILE": str(settings.ca_file)} if settings.tls else {})
        command = [str(REPOSITORY / ".venv/bin/python"), "-m", "stack.cqlsh", *arguments, *cqlsh_arguments(settings)]
    os.execve(command[0], command, environment)  # noqa: S606 (no shell is wanted)


def cqlsh_arguments(settings: StackSettings) -> list[str]:
    """Where cqlsh finds Cassandra, and the file that holds the login, if there is one: in arguments all could read it."""
    address = [*(["--ssl"] if settings.tls else []), settings.cassandra_host.split(",")[0], str(settings.cassandra_port)]
    if not settings.cassandra_username:
        return address
    login = ConfigParser(interpolation=None)
    login["plain_text_auth"] = {
        "username": settings.cassandra_username,
        "password": settings.cassandra_password.get_secret_value(),
    }
    path = run_dir(settings) / "cqlsh-credentials"
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8") as file:
        login.write(file)
    return ["--credentials", str(path), *address]
