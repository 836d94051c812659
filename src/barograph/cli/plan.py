"""`barograph plan`: what a range takes, before anything is asked."""

import json
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from barograph.cli.console import exiting_on_error, say
from barograph.cli.locations import read_locations_file
from barograph.cli.programs import airflow_command
from barograph.errors import RequestRefused
from barograph.model.chunk import Chunk
from barograph.model.estimate import estimate
from barograph.model.location import Location
from barograph.model.request import LISTS, Request, find_brackets, split_names
from barograph.settings import Settings, get_settings
from barograph.sources.plan import plan_request
from barograph.sources.registry import Sources
from barograph.store.store import open_store


def plan(
    start: Annotated[str, typer.Option(help="First day, YYYY-MM-DD (UTC).")],
    end: Annotated[str, typer.Option(help="Last day, inclusive.")],
    locations: Annotated[Path | None, typer.Option(help="CSV or JSON file of locations, instead of the Variables'.")] = None,
    hourly: Annotated[
        str | None, typer.Option(help="Variables by comma, instead of the Variable's; none for no hourly values.")
    ] = None,
    daily: Annotated[str | None, typer.Option(help="The same for daily ones.")] = None,
) -> None:
    """What a range takes: calls, cost, minutes under the quota, rows, bytes. What is not given comes from Airflow's Variables."""
    settings = get_settings()
    with exiting_on_error():
        given = {name: text for name, text in (("hourly", hourly), ("daily", daily)) if text is not None}
        variables = given if locations and len(given) == 2 else {**_read_variables(), **given}
        named = [tagged.location for tagged in read_locations_file(locations)] if locations else None
        sources, chunks = Sources(settings), list[Chunk]()
        for planned in _plan(variables, (start, end), named, settings, sources):
            parts = list(sources.of(planned.source).split(planned))
            say(f"{planned}: {len(parts)} calls, {sum(chunk.asked for chunk in parts)} rows")
            chunks += parts
        calls = [sources.of(chunk.source).call(chunk) for chunk in chunks]
        hosts = {call.host for call in calls if call is not None}
        with open_store(settings) as store:
            usage = {host: store.usage.read(host) for host in hosts}
    say(f"{estimate(chunks, calls, usage, datetime.now(UTC))}")


def _plan(
    variables: dict[str, str], days: tuple[str, str], named: list[Location] | None, settings: Settings, sources: Sources
) -> list[Chunk]:
    if findings := [found for name in LISTS for found in find_brackets(name, variables.get(name, ""))]:
        raise RequestRefused.listing(findings)
    tags = () if named else split_names(variables.get("tags", ""))
    chosen = named or []
    if tags:
        with open_store(settings) as store:
            chosen = store.locations.choose_by_tag(tags)
    request = Request(
        latitudes="" if named else variables.get("latitudes", ""),
        longitudes="" if named else variables.get("longitudes", ""),
        hourly=split_names(variables.get("hourly", "")),
        daily=split_names(variables.get("daily", "")),
        start_date=days[0],
        end_date=days[1],
        source=variables.get("source", "auto").strip(),
        locations="" if named else variables.get("locations", ""),
        tags=tags,
    )
    return plan_request(request, datetime.now(UTC).date(), sources, chosen)


def _read_variables() -> dict[str, str]:
    """Airflow's Variables, as the web page shows them.

    Raises:
        RequestRefused: Airflow does not tell them.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "variables.json"
        command = airflow_command("variables", "export", str(file))
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  # an argument list, no shell
        if done.returncode or not file.exists():
            raise RequestRefused("Airflow does not tell its Variables: ./startup.sh up, then try again")
        return read_exported(file)


def read_exported(file: Path) -> dict[str, str]:
    """The Variables of a file that `airflow variables export` wrote, as texts again.

    Airflow reads each value that is JSON, and puts it next to its description where it has one.
    """
    exported = json.loads(file.read_text(encoding="utf-8"))
    values = {name: row["value"] if isinstance(row, dict) and "value" in row else row for name, row in exported.items()}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
