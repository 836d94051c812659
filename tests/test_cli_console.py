"""What reaches the terminal: every text of the data as it is, nothing cut off, nothing that a terminal acts on."""

from collections.abc import Callable, Iterator
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest
import typer
from rich.table import Table
from typer.testing import CliRunner

from barograph.cli import app, console
from barograph.cli.console import exiting_on_error, print_table, say
from barograph.data_console import DataConsole
from barograph.errors import RequestRefused
from barograph.printable import printable

NAMES = ["Hamburg [airport]", "Oslo [/north]", "[bold]x[/bold]", ":warning: pass", "a\\[b]", "Zürich 東京"]
HOSTILE = ["a\x1b[2Jb", "a\x9b2Jb", "a\u202eb", "a\rb", "a\x07b", "a\u2066b"]


def table_of(*cells: str) -> Table:
    table = Table("name", "more", box=None)
    for cell in cells:
        table.add_row(cell, "x")
    return table


@pytest.mark.parametrize("name", NAMES)
def test_names_are_shown_as_they_are(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_table(table_of(name))
    say(name)
    table, line = capsys.readouterr().out.splitlines()[1:]
    assert (table.removesuffix("x").rstrip(), line) == (name, name)


@pytest.mark.parametrize("name", NAMES)
def test_errors_show_names_as_they_are(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), exiting_on_error():
        raise RequestRefused(f"{name} is refused")
    assert capsys.readouterr().err == f"barograph: {name} is refused\n"


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_that_a_terminal_acts_on_reaches_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_table(table_of(name))
    say(name)
    with pytest.raises(typer.Exit), exiting_on_error():
        raise RequestRefused(name)
    shown = "".join(capsys.readouterr())
    assert [letter for letter in shown if not letter.isprintable() and letter != "\n"] == []
    assert shown.count("\\x" if ord(name[1]) < 256 and name[1] != "\r" else "\\r" if name[1] == "\r" else "\\u") == 3


def test_of_a_message_the_lines_that_list_or_indent_stay() -> None:
    assert printable("2 to mend:\n- a\n  b") == "2 to mend:\n- a\n  b"
    assert printable("a\nb\n-c\r\n- d") == "a\\nb\\n-c\\r\n- d"


def test_a_line_of_data_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\n- b")
    print_table(table_of("a\nb"))
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [["a\\n-", "b"], ["name", "more"], ["a\\nb", "x"]]


def test_into_a_pipe_each_row_is_one_line_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(table_of("n" * 5000, "short"))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [["name", "more"], ["n" * 5000, "x"], ["short", "x"]]


def test_on_a_terminal_long_cells_are_folded_and_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "DataConsole", lambda: DataConsole(force_terminal=True, width=40, color_system=None))
    print_table(table_of("n" * 200))
    shown = capsys.readouterr().out
    assert (shown.count("n"), "…" in shown) == (200 + 1, False)  # and that of the heading


def callbacks_of(typer_app: typer.Typer) -> Iterator[Callable[..., object]]:
    """The functions behind all commands."""
    yield from (command.callback for command in typer_app.registered_commands if command.callback)
    for group in typer_app.registered_groups:
        if group.typer_instance:
            yield from callbacks_of(group.typer_instance)


def test_every_number_that_an_option_takes_has_a_lowest_value() -> None:
    numbers = {
        f"{callback.__name__} {name}": metadata
        for callback in callbacks_of(app)
        for name, hint in get_type_hints(callback, include_extras=True).items()
        if get_origin(hint) is Annotated and {int, float} & {get_args(hint)[0], *get_args(get_args(hint)[0])}
        for metadata in get_args(hint)[1:]
    }
    assert len(numbers) >= 5
    assert [name for name, metadata in numbers.items() if metadata.min is None] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("ledger", "--limit", "-1"),
        ("ledger", "--limit", "0"),
        ("audit", "--days", "0"),
        ("audit", "--days", str(10**12)),
        ("quarantine", "list", "--days", str(10**12)),
        ("quarantine", "list", "--limit", "-1"),
        ("locations", "list", "--limit", "0"),
    ],
)
def test_numbers_out_of_their_bounds_are_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, list(arguments)).exit_code == 2
