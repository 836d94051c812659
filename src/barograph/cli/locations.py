"""`barograph locations`: locations by name, thousands of them from a file, chosen by their tags."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from barograph.cli.console import LocationCommand, exiting_on_error, print_table, say
from barograph.data_console import DataConsole
from barograph.errors import RequestRefused
from barograph.model.csv_locations import MAX_FINDINGS, MAX_LINE, parse_csv_locations
from barograph.model.location import find_duplicates, is_coordinates, parse_degrees, parse_elevation
from barograph.model.tagged_location import TaggedLocation, parse_json_locations
from barograph.printable import one_line
from barograph.read.locations import find_page
from barograph.settings import get_settings
from barograph.store.locations import KnownLocation
from barograph.store.store import open_store

MAX_JSON: Final = 32 * 1024 * 1024
"""Bytes of a JSON file, which is read whole: 200,000 locations and more. A CSV file is read line by line."""

MAX_TAGS: Final = 20
"""So many tags are named after an import."""

app = typer.Typer(no_args_is_help=True, help="Locations with names, chosen by the tags that Variable or Param `tags` names.")
Name = Annotated[str, typer.Argument(help="The name, as `list` shows it.")]


@app.command("import")
def import_locations(
    file: Annotated[Path, typer.Argument(help="CSV: name,latitude,longitude[,elevation][,tags]; or JSON.")],
) -> None:
    """Keep the locations of a file, or none of them when anything is wrong; in a CSV file tags are separated by blanks."""
    settings = get_settings()
    with exiting_on_error():
        with DataConsole(stderr=True).status(Text(one_line(f"reading {file}"))):
            locations = read_locations_file(file)
        with open_store(settings) as store, _progress("locations", 2 * len(locations)) as report:
            store.locations.keep(locations, report)
    for tagged in locations:
        if tagged.written_name is not None:
            say(f"name {tagged.written_name!r} is kept as {tagged.location.name!r}")
    tags = sorted({tag for tagged in locations for tag in tagged.tags})
    shown = [*tags[:MAX_TAGS], f"… {len(tags) - MAX_TAGS} more"] if len(tags) > MAX_TAGS else tags
    say(f"{len(locations)} locations are kept, with tags {', '.join(shown) or '(none: no run can choose them)'}")


@app.command("list", cls=LocationCommand)
def show(
    beginning: Annotated[str, typer.Argument(help="Only ids and names that begin so.")] = "",
    tag: Annotated[str, typer.Option(help="Only locations with this tag.")] = "",
    after: Annotated[str, typer.Option(help="Begin after this one: the page before says which.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many are shown.")] = 1000,
) -> None:
    """Show known locations in order: where they are, their tags, and the grid cell and its elevation per source."""
    settings = get_settings()
    with exiting_on_error(), open_store(settings) as store:
        page = find_page(store, beginning=beginning, tag=tag, after=after, limit=limit)
    table = Table("location", "latitude", "longitude", "elevation", "tags", "cells", box=None)
    for known in page.locations:
        table.add_row(*_row(known))
    print_table(table)
    if page.has_more:
        say(f"there are more: --after {page.locations[-1].location.location_id!r}", err=True)


@app.command(cls=LocationCommand)
def move(
    name: Name,
    coordinates: Annotated[str, typer.Argument(metavar="LATITUDE,LONGITUDE", help="Such as 51.799,10.618.")],
    elevation: Annotated[str | None, typer.Option(help="Metres; without it the source uses its own.")] = None,
) -> None:
    """Give a named location other coordinates. What was recorded stays; what is asked from now on is of the new ones."""
    settings = get_settings()
    with exiting_on_error():
        if not is_coordinates(coordinates):
            raise RequestRefused(
                f"{coordinates!r} is no pair of coordinates: write latitude and longitude, such as 51.799,10.618"
            )
        latitude, _, longitude = coordinates.partition(",")
        there = parse_degrees(latitude, 90, "latitude"), parse_degrees(longitude, 180, "longitude")
        metres = None if elevation is None else parse_elevation(elevation)
        with open_store(settings) as store:
            was = store.locations.move(name, *there, metres)
    say(
        f"{was.name} was at {was.latitude},{was.longitude} and is at {','.join(there)}. Values recorded so far stay as they are: "
        "if the old coordinates were wrong, run historic_weather_data_dag for those days, and they are replaced. "
        "If Variable locations names it, change it there too"
    )


@app.command(cls=LocationCommand)
def retire(name: Name) -> None:
    """Let no run choose a location by its tags any more. Its values stay; importing it again takes it back."""
    settings = get_settings()
    with exiting_on_error(), open_store(settings) as store:
        store.locations.retire(name)
    say(
        f"{name} is retired: no run chooses it by its tags. Its values stay, and gaps in what was asked are still filled. "
        "If Variable locations names it, take it out there: a run that names it takes it back, as `locations import` does"
    )


def _row(known: KnownLocation) -> list[str]:
    cells = [
        f"{source}: {latitude:g},{longitude:g} at {'?' if elevation is None else f'{elevation:g}'} m"
        for source, (latitude, longitude, elevation) in sorted(known.cells.items())
    ]
    location = known.location
    retired = [f"(retired {known.retired_at:%Y-%m-%d})"] if known.retired_at else []
    tags = " ".join([*sorted(known.tags), *retired])
    return [location.location_id, location.latitude, location.longitude, location.elevation or "", tags, "; ".join(cells)]


def read_locations_file(file: Path) -> list[TaggedLocation]:
    """The locations of a CSV file, or of a JSON file (`.json`, in any case) as the Variable `locations` holds them.

    Raises:
        RequestRefused: the file cannot be read, or something in it is wrong.
    """
    try:
        with file.open(encoding="utf-8-sig") as text:
            if file.suffix.lower() == ".json":
                locations, findings = _read_json(text.read(MAX_JSON + 1))
            else:
                locations, findings = parse_csv_locations(_bounded_lines(text))
    except OSError as error:
        raise RequestRefused(f"{file} cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise RequestRefused(f"{file} is no text in UTF-8 ({error}): save it as UTF-8") from error
    findings += find_duplicates([tagged.location for tagged in locations])
    if len(findings) > MAX_FINDINGS + 1:
        findings = [*findings[:MAX_FINDINGS], f"… and {len(findings) - MAX_FINDINGS} more"]
    if findings:
        raise RequestRefused.listing(findings)
    if not locations:
        raise RequestRefused(f"{file} holds no locations")
    return locations


def _bounded_lines(text: TextIO) -> Iterator[str]:
    """The lines of a file, up to and with the beginning of one that is too long."""
    while line := text.readline(MAX_LINE + 1):
        yield line
        if len(line) > MAX_LINE:
            return


def _read_json(text: str) -> tuple[list[TaggedLocation], list[str]]:
    if len(text) > MAX_JSON:
        return [], [f"the file is larger than {MAX_JSON // 2**20} MiB: write it as CSV, which is read line by line"]
    return parse_json_locations(text)


@contextmanager
def _progress(what: str, steps: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal's stderr; gives what is to be told the number of steps that were done."""
    console = DataConsole(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=steps)
        yield lambda done: progress.advance(task, done)
