"""The command line of `./startup.sh`. Exit codes: 0 fine, 1 failed or unhealthy, 2 wrong usage."""

import os
import signal
import sys
from configparser import ConfigParser
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from barograph.errors import BarographError
from stack.console import complain, say, waiting
from stack.environment import airflow_environment, barograph_environment, client_environment
from stack.programs import NAMES
from stack.settings import REPOSITORY, StackSettings, load_settings
from stack.show_weather import show_weather
from stack.stack_control import bring_up, print_status, reset, take_down
from stack.startup import log_path
from stack.templates import run_dir
from stack.weather_mode import Wish, settle_settings

TOOLS: Final = ("cqlsh", "airflow", "barograph")
"""Commands whose arguments belong to the tool, all of them."""

LOG_NAMES: Final = (*NAMES, "supervisord", "airflow-setup", "barograph-init")

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local values could show a secret
    rich_markup_mode=None,
    help="The embedded stack of barograph.",
)


@app.command()
def up(
    online: Annotated[bool, typer.Option("--online", help="Record the weather of the hosted Open-Meteo.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Use the local stand-in, whose weather is made up.")] = False,
    replay: Annotated[
        Path | None, typer.Option(help="Let the stand-in serve this file's observations.", metavar="FILE.csv.gz")
    ] = None,
) -> None:
    """Start everything, run the daily DAG for the last complete UTC day, show what landed (the default command)."""
    given: dict[Wish, bool] = {"online": online, "offline": offline, "replay": replay is not None}
    wishes = [wish for wish, is_given in given.items() if is_given]
    if len(wishes) > 1:
        raise typer.BadParameter("--online, --offline and --replay exclude each other: give one")
    if replay and not (replay.is_file() and replay.name.endswith(".csv.gz")):
        raise typer.BadParameter(f"--replay {replay}: no such .csv.gz file")
    settings = settle_settings(wishes[0] if wishes else None, replay)
    bring_up(settings)
    show_weather(settings)


@app.command()
def down() -> None:
    """Stop everything; the data stays."""
    with waiting("stopping"):
        take_down(load_settings())
    say("stopped")


@app.command()
def status() -> None:
    """Show every service with its state, pid, port and health."""
    if not print_status(load_settings()):
        raise typer.Exit(1)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help=", ".join(LOG_NAMES))],
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with what comes.")] = False,
) -> None:
    """Show the last lines of a service's log."""
    if name not in LOG_NAMES:
        raise typer.BadParameter(f"{name}: not one of {', '.join(LOG_NAMES)}")
    path = log_path(load_settings(), name)
    if not path.exists():
        complain(f"error: {path} is not there: {name} has not run yet")
        raise typer.Exit(1)
    command = ["tail", "-n", "100", *(["-F"] if follow else []), str(path)]
    os.execvp(command[0], command)  # noqa: S606 (no shell is wanted)


@app.command(name="reset")
def reset_command(
    yes: Annotated[bool, typer.Option("--yes", help="Really delete all recorded weather.")] = False,
) -> None:
    """Stop everything and delete its data; the jars and .env stay."""
    settings = load_settings()
    if not yes:
        raise typer.BadParameter(f"reset deletes everything recorded in {settings.state_dir}: say --yes if you mean it")
    with waiting("stopping and deleting"):
        reset(settings)
    say(f"{settings.state_dir} is empty")


def _add_tool(name: str, what: str) -> None:
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(name=name, help=what, context_settings=settings)(lambda: None)


_add_tool("cqlsh", "Ask Cassandra: cqlsh with host and port filled in.")
_add_tool("airflow", "Airflow's own command line, with the stack's settings.")
_add_tool("barograph", "The barograph command, with the stack's settings.")


def run_tool(name: str, arguments: list[str]) -> NoReturn:
    """Become `name` with exactly these arguments and the stack's settings."""
    settings = load_settings()
    build = {"airflow": airflow_environment, "barograph": barograph_environment}.get(name, client_environment)
    own = cqlsh_arguments(settings) if name == "cqlsh" else []
    program = str(REPOSITORY / ".venv/bin" / name)
    os.execve(program, [program, *arguments, *own], build(settings))  # noqa: S606 (no shell is wanted)


def cqlsh_arguments(settings: StackSettings) -> list[str]:
    """Where cqlsh finds Cassandra, and the file that holds the login, if there is one: in arguments all could read it."""
    address = [settings.cassandra_host.split(",")[0], str(settings.cassandra_port)]
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


def main() -> None:
    """Run one command; what the user must mend is one line on stderr and exit code 1."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments = sys.argv[1:]
    if not arguments or arguments[0].split("=")[0] in {"--online", "--offline", "--replay"}:
        arguments = ["up", *arguments]
    try:
        if arguments[0] in TOOLS:
            run_tool(arguments[0], arguments[1:])
        app(arguments, prog_name="startup.sh")
    except BarographError as error:
        complain(f"error: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        complain("interrupted")
        sys.exit(1)
