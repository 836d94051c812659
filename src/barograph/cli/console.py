"""How commands print: text from data as it is, tables that cut nothing off, and errors as one line with exit code 1."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import typer
from rich.table import Table
from typer.core import TyperCommand

from barograph.data_console import DataConsole
from barograph.errors import BarographError
from barograph.printable import one_line, printable

UNBOUNDED: Final = 1_000_000
"""Columns of a table that goes into a pipe or a file: no row is broken into several lines."""


def say(text: str, *, err: bool = False) -> None:
    """Print a text that holds data as one line, on stderr if `err` says so."""
    typer.echo(one_line(text), err=err)


def say_message(message: str, *, err: bool = False) -> None:
    """Print a message, which may list what it means in lines of their own; on stderr if `err` says so."""
    typer.echo(printable(message), err=err)


def print_table(table: Table) -> None:
    """Print `table`: on a terminal long cells are folded, into a pipe each row is one line; nothing is cut off."""
    table.pad_edge = False
    for column in table.columns:
        column.overflow = "fold"
    console = DataConsole()
    if console.is_terminal:
        console.print(table)
        return
    wide = DataConsole(width=UNBOUNDED)
    with wide.capture() as captured:
        wide.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


@contextmanager
def exiting_on_error() -> Iterator[None]:
    """Turn barograph's errors into one line on stderr and exit code 1."""
    try:
        yield
    except BarographError as error:
        say_message(f"barograph: {error}", err=True)
        raise typer.Exit(1) from error


class LocationCommand(TyperCommand):
    """A command whose arguments may begin with `-`, as southern latitudes and some names do; its own options begin with `--`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # typer's own keywords
        super().__init__(*arguments, **options)
        self.ignore_unknown_options = True

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # a class that typer keeps to itself
        """Refuse what begins with `--` and is no option: it would be taken for an argument."""
        known = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        for argument in args[: args.index("--")] if "--" in args else args:
            if argument.startswith("--") and argument.partition("=")[0] not in known:
                options = ", ".join(sorted(name for name in known if name.startswith("--")))
                raise typer.BadParameter(f"no such option: {one_line(argument.partition('=')[0])}. There are {options}", ctx)
        return super().parse_args(ctx, args)
