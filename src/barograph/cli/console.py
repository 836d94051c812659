"""How commands talk: tables that cut nothing off, and errors as one line with exit code 1."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer
from rich.console import Console
from rich.table import Table

from barograph.errors import BarographError

WIDTH: Final = 150
"""Columns of a printed table: attempt ids are long, and a cut one is of no use."""


def print_table(table: Table) -> None:
    """Print `table` in its full width, also into a pipe."""
    Console(width=WIDTH, highlight=False).print(table)


@contextmanager
def exiting_on_error() -> Iterator[None]:
    """Turn barograph's errors into one line on stderr and exit code 1."""
    try:
        yield
    except BarographError as error:
        Console(stderr=True, soft_wrap=True).print(f"barograph: {error}", markup=False, highlight=False)
        raise typer.Exit(1) from error
