"""The commands: what the ledger knows, and setting up topics and tables."""

import logging

import typer

from barograph.cli import locations, quarantine
from barograph.cli.audit import audit
from barograph.cli.console import LocationCommand, exiting_on_error, say
from barograph.cli.explain import explain
from barograph.cli.fill import fill
from barograph.cli.ledger import ledger, repair_clock
from barograph.cli.plan import plan
from barograph.cli.series import series
from barograph.model.resolution import RESOLUTIONS
from barograph.settings import get_settings
from barograph.store.connection import connect
from barograph.store.migration import migrate
from barograph.store.schema import check_schema, create_schema
from barograph.transport.topics import check_topic, create_topics

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local values could show a secret
    rich_markup_mode=None,
    help="Weather, exactly as its source last said it.",
)
app.command()(audit)
app.command(cls=LocationCommand)(explain)
app.command()(fill)
app.command()(ledger)
app.command()(plan)
app.command(cls=LocationCommand)(series)
app.command("repair-clock")(repair_clock)
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(locations.app, name="locations")
logging.getLogger("cassandra").setLevel(logging.CRITICAL)  # what it warns of is in the error that ends the command


@app.command()
def init() -> None:
    """Create topics, keyspace and tables that are not there yet; migrate those of an earlier release."""
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
            migrate(session, settings, say)
            check_schema(session, settings)
        for topic in topics:
            check_topic(settings.kafka_bootstrap_servers, topic)
    say(f"topics {', '.join(created) if created else 'were there'}; keyspace {settings.cassandra_keyspace} is ready")
