"""Commands that become another program with the stack's settings and logins. Few imports: they start at once."""

import os
from configparser import ConfigParser
from io import StringIO
from typing import Final, NoReturn

from stack.airflow_home import airflow_environment
from stack.cassandra import nodetool_command
from stack.environment import barograph_environment, client_environment
from stack.logins import Role, settings_as
from stack.settings import REPOSITORY, StackSettings, load_settings, replace_file
from stack.templates import run_dir

TOOLS: Final = ("cqlsh", "airflow", "barograph", "nodetool")
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
    elif name == "barograph":
        environment = barograph_environment(settings, "admin" if arguments[:1] == ["init"] else "loader")
    else:
        environment = client_environment(settings)
    command = [str(REPOSITORY / ".venv/bin" / name), *arguments]
    if name == "cqlsh":
        environment |= {"PYTHONPATH": str(REPOSITORY)} | ({"SSL_CERTFILE": str(settings.ca_file)} if settings.tls else {})
        command = [str(REPOSITORY / ".venv/bin/python"), "-m", "stack.cqlsh", *cqlsh_arguments(settings, arguments)]
    if name == "nodetool":
        command = [*nodetool_command(settings), *arguments]
    os.execvpe(command[0], command, environment)  # noqa: S606 (no shell is wanted)


def cqlsh_arguments(settings: StackSettings, given: list[str]) -> list[str]:
    """`given`, the file that holds the login, and where Cassandra is; in arguments all could read a password.

    `--admin` as the first of `given` is the login that may do everything; with `-u` cqlsh asks for the password.
    """
    role: Role = "admin" if given[:1] == ["--admin"] else "reader"
    rest = given[1:] if role == "admin" else given
    address = [*(["--ssl"] if settings.tls else []), settings.cassandra_host.split(",")[0], str(settings.cassandra_port)]
    known = settings_as(settings, role)
    if not known.cassandra_username or any(one.startswith(("-u", "--username")) for one in rest):
        return [*rest, *address]
    login = ConfigParser(interpolation=None)
    login["plain_text_auth"] = {"username": known.cassandra_username, "password": known.cassandra_password.get_secret_value()}
    text = StringIO()
    login.write(text)
    path = run_dir(settings) / f"cqlsh-{role}"
    replace_file(path, text.getvalue())
    return [*rest, "--credentials", str(path), *address]
