"""The `barograph` command: what the ledger knows, and setting up topics and tables."""

import logging
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from barograph.errors import BarographError
from barograph.settings import get_settings
from barograph.store.connection import connect
from barograph.store.ledger import Ledger
from barograph.store.schema import create_schema
from barograph.transport.topics import create_topics

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Weather, exactly as its source last said it.")
err = Console(stderr=True, soft_wrap=True)
logging.getLogger("cassandra").setLevel(logging.CRITICAL)  # what it warns of is in the error that ends the command


@app.command()
def init() -> None:
    """Create topics, keyspace and tables that are not there yet."""
    settings = get_settings()
    try:
        created = create_topics(settings.kafka_bootstrap_servers, [settings.hourly_data_topic, settings.daily_data_topic])
        with connect(settings) as session:
            create_schema(session, settings)
    except BarographError as error:
        err.print(f"barograph: {error}", markup=False, highlight=False)
        raise typer.Exit(1) from error
    typer.echo(f"topics {', '.join(created) if created else 'were there'}; keyspace {settings.cassandra_keyspace} is ready")


@app.command()
def ledger(limit: Annotated[int, typer.Option(help="How many of the newest attempts per source and resolution.")] = 20) -> None:
    """Show the newest attempts: what was asked, what landed, and what became of them."""
    settings = get_settings()
    table = Table("source", "resolution", "days", "places", "status", "asked", "landed", "quarantined", "missing", "version")
    try:
        with connect(settings) as session:
            book = Ledger(session, settings.cassandra_keyspace)
            for source, resolution in book.sources():
                for attempt in book.history(source, resolution)[:limit]:
                    outcome = attempt.outcome
                    counts = [outcome.landed, outcome.quarantined, outcome.missing] if outcome else ["", "", ""]
                    unit = attempt.unit
                    row = [
                        source,
                        resolution,
                        unit.window,
                        len(unit.locations),
                        attempt.status,
                        unit.asked,
                        *counts,
                        attempt.version,
                    ]
                    table.add_row(*map(str, row))
    except BarographError as error:
        err.print(f"barograph: {error}", markup=False, highlight=False)
        raise typer.Exit(1) from error
    Console().print(table)
