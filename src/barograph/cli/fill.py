"""`barograph fill`: what is missing, and the run of fill_gaps_dag that lands it."""

import subprocess
from typing import Annotated

import typer
from rich.table import Table

from barograph.cli.console import exiting_on_error, print_table, say
from barograph.cli.programs import airflow_command
from barograph.gaps import find_gaps
from barograph.model.chunk import Chunk
from barograph.settings import get_settings
from barograph.store.connection import connect


def fill(dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is missing, and start nothing.")] = False) -> None:
    """Load what waits in Kafka and ask again for what is missing, by a run of fill_gaps_dag; nothing is asked twice."""
    settings = get_settings()
    with exiting_on_error(), connect(settings) as session:
        plan = find_gaps(session, settings)
    table = Table("what to do", "source", "resolution", "days", "locations", "variables", "attempt", box=None)
    for what, attempts in (("load", plan.load), ("wait", plan.running)):
        for attempt in attempts:
            table.add_row(what, *_row(attempt.chunk), attempt.attempt_id)
    for chunk in plan.ask:
        table.add_row("ask", *_row(chunk))
    if table.row_count:
        print_table(table)
    for refused in plan.refused:
        say(f"cannot be asked again: {refused}")
    typer.echo(f"{len(plan.load)} to load, {len(plan.ask)} to ask again, {len(plan.running)} somebody works on")
    if dry_run or not (plan.load or plan.ask):
        return
    command = airflow_command("dags", "trigger", "fill_gaps_dag")
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)  # noqa: S603  # an argument list, no shell
    if done.returncode:
        typer.echo("fill_gaps_dag could not be triggered: ./startup.sh up, then try again", err=True)
        raise typer.Exit(1)
    typer.echo("fill_gaps_dag is triggered: its tasks tell their progress, and `barograph fill --dry-run` what is left")


def _row(chunk: Chunk) -> tuple[str, ...]:
    return chunk.source, chunk.resolution, str(chunk.window), str(len(chunk.locations)), ", ".join(chunk.variables)
