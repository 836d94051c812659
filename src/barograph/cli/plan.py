"""`barograph plan`: what a range costs, before anything is asked."""

import json
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from barograph.cli.console import exiting_on_error
from barograph.cli.locations import read_locations_file
from barograph.cli.programs import airflow_command
from barograph.errors import RequestRefused
from barograph.model.batching import split_into_chunks
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.price import price
from barograph.model.request import Request, split_names
from barograph.settings import Settings, get_settings
from barograph.sources.open_meteo.plan import plan_request
from barograph.sources.open_meteo.products import host_of
from barograph.store.store import open_store


def plan(
    start: Annotated[str, typer.Option(help="First day, YYYY-MM-DD (UTC).")],
    end: Annotated[str, typer.Option(help="Last day, inclusive.")],
    locations: Annotated[Path | None, typer.Option(help="CSV or JSON file of places, instead of the Variables'.")] = None,
    hourly: Annotated[str | None, typer.Option(help="Variables by comma, instead of the Variable's; '' for none.")] = None,
    daily: Annotated[str | None, typer.Option(help="The same for daily ones.")] = None,
) -> None:
    """Price a range: calls, weight, minutes under the quota, rows, bytes. What is not given comes from Airflow's Variables."""
    settings = get_settings()
    with exiting_on_error():
        given = {name: text for name, text in (("hourly", hourly), ("daily", daily)) if text is not None}
        variables = given if locations and len(given) == 2 else {**_read_variables(), **given}
        places = [place.location for place in read_locations_file(locations)] if locations else None
        questions = _read_questions(variables, (start, end), places, settings)
        chunks = list[Chunk]()
        for question in questions:
            cut = list(split_into_chunks(question, settings.chunk_limits))
            typer.echo(f"{question}: {len(cut)} calls, {sum(chunk.asked for chunk in cut)} rows")
            chunks += cut
        hosts = {chunk.source: host_of(chunk.source, settings) for chunk in chunks}
        with open_store(settings) as store:
            usage = {host: store.usage.read(host) for host in hosts.values()}
    typer.echo(f"{price(chunks, hosts, usage, settings.api_quota, datetime.now(UTC))}")


def _read_questions(
    variables: dict[str, str], days: tuple[str, str], places: list[Location] | None, settings: Settings
) -> list[Chunk]:
    tags = () if places else split_names(variables.get("tags", ""))
    chosen = places or []
    if tags:
        with open_store(settings) as store:
            chosen = store.locations.choose_by_tag(tags)
    request = Request(
        latitudes="" if places else variables.get("latitudes", ""),
        longitudes="" if places else variables.get("longitudes", ""),
        hourly=split_names(variables.get("hourly", "")),
        daily=split_names(variables.get("daily", "")),
        start_date=days[0],
        end_date=days[1],
        source=variables.get("source", "auto"),
        locations="" if places else variables.get("locations", ""),
        tags=tags,
    )
    return plan_request(request, datetime.now(UTC).date(), settings, chosen)


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
        return {name: str(text) for name, text in json.loads(file.read_text(encoding="utf-8")).items()}
