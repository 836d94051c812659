"""`barograph audit`: committed attempts held against the tables again, by Spark in a process of its own."""

from typing import Annotated

import typer

from barograph.cli.console import exiting_on_error
from barograph.cli.programs import exit_with_job
from barograph.model.window import MAX_DAYS


def audit(
    days: Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="Look at attempts committed in the last so many days.")] = 7,
    source: Annotated[str | None, typer.Option(help="Only attempts at this source.")] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Compare with the Kafka records too, while they are kept.")] = False,
) -> None:
    """Read committed values back and compare them with what was landed; exit code 1 if any is lost, or none was compared."""
    with exiting_on_error():
        arguments = ["--days", str(days), *(["--source", source] if source else []), *(["--deep"] if deep else [])]
        exit_with_job("audit_observations.py", arguments)
