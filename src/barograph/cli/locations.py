"""`barograph locations`: places by name, thousands of them from a file, chosen by their tags."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from barograph.cli.console import exiting_on_error, print_table
from barograph.errors import RequestRefused
from barograph.model.location import find_duplicates
from barograph.model.place import TaggedLocation, parse_csv_locations, parse_json_locations
from barograph.settings import get_settings
from barograph.store.locations import KnownLocation
from barograph.store.store import open_store

MAX_FINDINGS = 20

app = typer.Typer(no_args_is_help=True, help="Places with names, chosen by the tags that Variable or Param `tags` names.")


@app.command("import")
def import_locations(file: Annotated[Path, typer.Argument(help="CSV: name,latitude,longitude[,elevation][,tags]")]) -> None:
    """Keep the places of a CSV file, or none of them when anything is wrong; tags are separated by blanks."""
    settings = get_settings()
    with exiting_on_error():
        places = read_locations_file(file)
        with open_store(settings) as store:
            store.locations.keep(places)
    tags = sorted({tag for place in places for tag in place.tags})
    typer.echo(f"{len(places)} places are kept, with tags {', '.join(tags) or '(none: no run can choose them)'}")


@app.command("list")
def show(tag: Annotated[str, typer.Option(help="Only places with this tag.")] = "") -> None:
    """Show known places: where they are, their tags, and the grid cell and its elevation per source."""
    settings = get_settings()
    table = Table("location", "latitude", "longitude", "elevation", "tags", "cells", box=None)
    with exiting_on_error(), open_store(settings) as store:
        for one in store.locations.list_all():
            if not tag or tag in one.tags:
                table.add_row(*_row(one))
    print_table(table)


def _row(known: KnownLocation) -> list[str]:
    cells = [
        f"{source}: {latitude:g},{longitude:g} at {'?' if elevation is None else f'{elevation:g}'} m"
        for source, (latitude, longitude, elevation) in sorted(known.cells.items())
    ]
    place = known.location
    tags = " ".join(sorted(known.tags))
    return [place.location_id, place.latitude, place.longitude, place.elevation or "", tags, "; ".join(cells)]


def read_locations_file(file: Path) -> list[TaggedLocation]:
    """The places of a CSV file, or of a JSON file as the Variable `locations` holds them.

    Raises:
        RequestRefused: the file cannot be read, or something in it is wrong.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestRefused(f"{file} cannot be read: {error}") from error
    places, findings = parse_json_locations(text) if file.suffix == ".json" else parse_csv_locations(text.splitlines())
    findings += find_duplicates([place.location for place in places])
    if len(findings) > MAX_FINDINGS:
        findings = [*findings[:MAX_FINDINGS], f"… and {len(findings) - MAX_FINDINGS} more"]
    if findings:
        raise RequestRefused.listing(findings)
    if not places:
        raise RequestRefused(f"{file} holds no places")
    return places
