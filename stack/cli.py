"""The command line of `./startup.sh`. Exit codes: 0 fine, 1 failed or unhealthy, 2 wrong usage."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from stack.console import complain, say, waiting
from stack.programs import NAMES
from stack.settings import load_settings
from stack.show_weather import show_weather
from stack.stack_control import bring_up, print_status, reset, take_down
from stack.startup import log_path
from stack.weather_mode import Wish, settle_settings

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
    offline: Annotated[bool, typer.Option("--offline", help="Use the local simulator, whose weather is made up.")] = False,
    replay: Annotated[
        Path | None, typer.Option(help="Let the simulator serve this file's observations.", metavar="FILE.csv.gz")
    ] = None,
) -> None:
    """Start everything, run the daily DAG for the last complete UTC day, show what landed (the default command)."""
    given: dict[Wish, bool] = {"online": online, "offline": offline, "replay": replay is not None}
    wishes = [wish for wish, is_given in given.items() if is_given]
    if len(wishes) > 1:
        raise typer.BadParameter("--online, --offline and --replay exclude each other: give one")
    if replay and not (replay.is_file() and replay.name.endswith(".csv.gz")):
        raise typer.BadParameter(f"--replay {str(replay)!r}: no such .csv.gz file")
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
        raise typer.BadParameter(f"{name!r}: not one of {', '.join(LOG_NAMES)}")
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


def run_command(arguments: list[str]) -> None:
    """Run one command of startup.sh itself; `up` where none is given."""
    if not arguments or arguments[0].split("=")[0] in {"--online", "--offline", "--replay"}:
        arguments = ["up", *arguments]
    if arguments[0] in {"help", "-h"}:
        arguments = ["--help"]
    app(arguments, prog_name="startup.sh")
