"""The commands: what the ledger knows, and setting up topics and tables."""

import logging
from typing import Annotated

import typer
from rich.table import Table

from barograph.cli import locations, quarantine
from barograph.cli.audit import audit
from barograph.cli.console import LocationCommand, exiting_on_error, print_table
from barograph.cli.explain import explain
from barograph.cli.fill import fill
from barograph.cli.plan import plan
from barograph.cli.series import series
from barograph.model.attempt import Attempt
from barograph.model.resolution import RESOLUTIONS
from barograph.model.state import State, derive_state
from barograph.settings import get_settings
from barograph.store.connection import connect
from barograph.store.ledger import Ledger
from barograph.store.schema import check_schema, create_schema
from barograph.transport.topics import check_topic, create_topics

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Weather, exactly as its source last said it.")
app.command()(audit)
app.command(cls=LocationCommand)(explain)
app.command()(fill)
app.command()(plan)
app.command(cls=LocationCommand)(series)
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(locations.app, name="locations")
logging.getLogger("cassandra").setLevel(logging.CRITICAL)  # what it warns of is in the error that ends the command


@app.command()
def init() -> None:
    """Create topics, keyspace and tables that are not there yet."""
    settings = get_settings()
    topics = [settings.topic(resolution) for resolution in RESOLUTIONS]
    with exiting_on_error():
        created = create_topics(
            settings.kafka_bootstrap_servers,
            topics,
            settings.kafka_replicas,
            settings.kafka_min_insync_replicas,
        )
        with connect(settings) as session:
            create_schema(session, settings)
            check_schema(session, settings)
        for topic in topics:
            check_topic(settings.kafka_bootstrap_servers, topic)
    typer.echo(f"topics {', '.join(created) if created else 'were there'}; keyspace {settings.cassandra_keyspace} is ready")


@app.command()
def ledger(
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest attempts per source and resolution.")] = 20,
) -> None:
    """Show the newest attempts: what was asked, what landed, and what became of them."""
    settings = get_settings()
    table = Table("attempt", "days", "locations", "state", "asked", "landed", "quarantined", "missing", box=None)
    with exiting_on_error(), connect(settings) as session:
        book = Ledger(session, settings.cassandra_keyspace)
        for source, resolution in book.sources():
            history = book.history(source, resolution)
            for attempt in history[:limit]:
                table.add_row(*map(str, _ledger_row(attempt, derive_state(attempt, history))))
    print_table(table)


def _ledger_row(attempt: Attempt, state: State) -> list[object]:
    chunk, outcome = attempt.chunk, attempt.outcome
    counts = [outcome.landed, outcome.quarantined, outcome.missing] if outcome else ["", "", ""]
    return [attempt.attempt_id, chunk.window, len(chunk.locations), state, attempt.asked, *counts]
