"""`barograph series`: one variable of one location over time, each value with its source."""

import csv
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import chain, islice
from typing import Annotated, Final

import typer
from rich.table import Table

from barograph.cli.arguments import choose_resolution, parse_location_id
from barograph.cli.console import exiting_on_error, print_table, say
from barograph.errors import RequestRefused
from barograph.model.request import parse_day
from barograph.model.resolution import Resolution, spec_of
from barograph.model.variables import get_variable
from barograph.model.window import Window
from barograph.printable import one_line
from barograph.read.series import SeriesRequest, SeriesValue, read_series
from barograph.settings import get_settings
from barograph.store.store import open_store

FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""Beginnings of a text that a spreadsheet takes for a formula, also in full width. Source: OWASP, CSV Injection."""


def series(
    location: Annotated[str, typer.Argument(help="Latitude and longitude, or a location's name: 52.5244,13.4105")],
    variable: Annotated[str, typer.Argument(help="A variable, such as temperature_2m.")],
    start: Annotated[str, typer.Option(help="First day, YYYY-MM-DD (UTC).")],
    end: Annotated[str, typer.Option(help="Last day, inclusive.")],
    source: Annotated[
        list[str] | None, typer.Option(help="Only this source; given again, the next one where it has none.")
    ] = None,
    resolution: Annotated[str | None, typer.Option(help="hourly or daily, where the variable has both.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many values the table shows.")] = 1000,
    as_csv: Annotated[bool, typer.Option("--csv", help="All values as CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All values as JSON.")] = False,
) -> None:
    """Show a series across sources: for each time the value of the first source named that has one, else the one written last."""
    if as_csv and as_json:
        raise typer.BadParameter("--csv and --json exclude each other: give one")
    with exiting_on_error():
        window = read_window(start, end)
        chosen = choose_resolution(variable, resolution)
        request = SeriesRequest(parse_location_id(location), variable, chosen, window, tuple(dict.fromkeys(source or ())))
        counts = Counter[str]()
        with open_store(get_settings()) as store:
            values = _counted(read_series(store, request), counts)
            unit = get_variable(variable, chosen).unit
            if as_csv:
                write_csv(values, unit, sys.stdout.write)
            elif as_json:
                write_json(values, request, unit, sys.stdout.write)
            else:
                _print(values, variable, unit, limit)
    say(summary(counts, chosen, window), err=True)


def read_window(start: str, end: str) -> Window:
    """The window of an inclusive range.

    Raises:
        RequestRefused: one is no day, or they are in the wrong order.
    """
    first, last = parse_day("--start", start), parse_day("--end", end)
    if first > last:
        raise RequestRefused(f"--start {first} is after --end {last}: swap them")
    if last == date.max:
        raise RequestRefused(f"--end {last} is the last day of the calendar: ask for an earlier one")
    return Window.from_days(first, last)


def write_csv(values: Iterable[SeriesValue], unit: str, write: Callable[[str], object]) -> None:
    """The values as CSV, a line each; texts that a spreadsheet would take for a formula begin with an apostrophe."""
    lines = csv.writer(_Writer(write), lineterminator="\n")
    lines.writerow(("time", "value", "unit", "source"))
    for row in values:
        lines.writerow(map(cell, (text(row.at), plain(row.value), unit, row.source)))


def write_json(values: Iterable[SeriesValue], request: SeriesRequest, unit: str, write: Callable[[str], object]) -> None:
    """The values as one JSON object, a line for each; `version` is the write timestamp in microseconds."""
    head = {"location_id": request.location_id, "variable": request.variable, "resolution": request.resolution, "unit": unit}
    write(to_json(head)[:-1] + ', "values": [')
    separator = "\n"
    for row in values:
        told = {"time": text(row.at), "value": plain(row.value), "source": row.source, "version": row.version}
        write(separator + to_json(told))
        separator = ",\n"
    write("\n]}\n")


def to_json(content: Mapping[str, object]) -> str:
    """`content` as JSON whose letters are readable, and whose unprintable ones are escapes."""
    letters = json.dumps(content, ensure_ascii=False)
    return "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in letters)


def cell(value: object) -> object:
    """A value for a CSV file: a text that begins like a formula is shown, not run, and one that a terminal acts on as escapes."""
    if not isinstance(value, str):
        return value
    shown = one_line(value)
    return f"'{shown}" if value.lstrip(" ").startswith(FORMULA) else shown


def text(at: datetime | date) -> str:
    """`2024-04-01T05:00:00Z`, or `2024-04-01` for a day."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if isinstance(at, datetime) else at.isoformat()


def plain(value: object) -> object:
    """A value in JSON types."""
    return text(value) if isinstance(value, datetime | date) else value


def summary(counts: Mapping[str, int], resolution: Resolution, window: Window) -> str:
    """How many values there are, from which source, and how many times of the calendar have none."""
    found = sum(counts.values())
    by_source = ", ".join(f"{source} {count}" for source, count in sorted(counts.items()))
    expected = spec_of(resolution).per_day * window.days
    without = f", {expected - found} of {expected} times have none" if expected else ""
    return f"{found} values{f' ({by_source})' if by_source else ''}{without}"


def _counted(values: Iterable[SeriesValue], counts: Counter[str]) -> Iterator[SeriesValue]:
    for row in values:
        counts[row.source] += 1
        yield row


def _print(values: Iterator[SeriesValue], variable: str, unit: str, limit: int) -> None:
    table = Table("time", f"{variable} ({unit})" if unit else variable, "source", box=None)
    for row in islice(values, limit):
        table.add_row(text(row.at), str(plain(row.value)), row.source)
    following = next(values, None)
    print_table(table)
    if following:
        rest = sum(1 for _ in chain([following], values))
        say(f"{rest} more values are not shown: --limit, --csv or --json", err=True)


class _Writer:
    """A file, as far as the csv module needs one."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self.write = write
