"""What the person at the keyboard sees: lines on stdout, a moving one while something takes long, errors on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from barograph.data_console import DataConsole
from barograph.printable import printable

console: Final = DataConsole(soft_wrap=True, width=None if sys.stdout.isatty() else 120)
_errors: Final = DataConsole(stderr=True, soft_wrap=True)
_one_at_a_time: Final = Lock()


def say(line: str) -> None:
    """Print one line."""
    console.print(line)


def complain(message: str) -> None:
    """Print a message on stderr, which may list what it means in lines of their own."""
    for line in printable(message).split("\n"):
        _errors.print(line)


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show `text` with a moving sign while the body runs; without a terminal, or inside another wait, just say it."""
    if not sys.stdout.isatty() or not _one_at_a_time.acquire(blocking=False):
        say(f"{text} …")
        yield
        return
    try:
        with console.status(text):
            yield
    finally:
        _one_at_a_time.release()
