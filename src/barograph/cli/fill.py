"""`barograph fill`: what is missing, and the run of fill_gaps_dag that lands it."""

import json
import subprocess
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Final

import typer

from barograph.cli.console import exiting_on_error, say
from barograph.cli.programs import airflow_command
from barograph.errors import RequestRefused
from barograph.gaps import GapPlan, find_gaps
from barograph.model.attempt import DISMISSED
from barograph.model.chunk import Chunk
from barograph.settings import get_settings
from barograph.store.store import Store, open_store

NAMED: Final = 3
"""Locations that a line names; the others are counted."""


def fill(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is missing, and start nothing.")] = False,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Look back to this UTC day instead of 35 days.")
    ] = None,
    dismiss: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Give up this gap, or attempt, as --dry-run names it; may be repeated.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why it is dismissed; kept in the ledger.")] = "",
) -> None:
    """Load what waits in Kafka and ask for what is missing, by a run of fill_gaps_dag; nothing is asked twice."""
    if bool(dismiss) != bool(reason.strip()):
        raise typer.BadParameter("--dismiss and --reason belong together: give both")
    first_day = since.date() if since else None
    with exiting_on_error(), open_store(get_settings()) as store:
        plan = find_gaps(store, first_day)
        if dismiss:
            dismiss_gaps(store, plan, dismiss, reason.strip())
            return
    for line in describe(plan):
        say(line)
    if not dry_run and (plan.load or plan.ask or plan.stuck):
        _trigger(first_day)


def describe(plan: GapPlan) -> list[str]:
    """Each gap with its id, what is asked, where and why; then the counts. One line each, never cut."""
    lines = [f"load    {one.attempt_id}: {_asked(one.chunk)}" for one in plan.load]
    lines += [f"wait    {one.attempt_id}: {_asked(one.chunk)}: someone works on it" for one in plan.running]
    lines += [f"close   {one.attempt_id}: OPEN since {one.opened_at}, and no one works on it any more" for one in plan.stuck]
    lines += [f"ask     {gap.gap_id}: {_asked(gap.chunk)}: {gap.why}" for gap in plan.ask]
    lines += [f"refused {gap.gap_id}: {_asked(gap.chunk)}: cannot be asked for: {gap.why}" for gap in plan.refused]
    lines += [
        f"older   {gap.gap_id}: {_asked(gap.chunk)}: {gap.why}; `barograph fill --since {gap.chunk.window.start}` asks for it"
        for gap in plan.older
    ]
    counts = f"{len(plan.load)} to load, {len(plan.ask)} to ask for, {len(plan.running)} in work, {len(plan.stuck)} to close"
    return [*lines, f"{counts}, {len(plan.refused)} refused, {len(plan.older)} older"]


def dismiss_gaps(store: Store, plan: GapPlan, ids: Sequence[str], reason: str) -> None:
    """Store that the gaps of `ids` are given up: an attempt at each that has FAILED with `reason`, and that covers it.

    Raises:
        RequestRefused: an id is not in the plan; nothing was dismissed.
    """
    chunks = {gap.gap_id: gap.chunk for gap in (*plan.ask, *plan.refused, *plan.older)}
    chunks |= {attempt.attempt_id: attempt.chunk for attempt in (*plan.load, *plan.running)}
    if strange := [one for one in ids if one not in chunks]:
        raise RequestRefused(f"{strange[0]} is no gap: `barograph fill --dry-run` shows those there are")
    for gap_id in ids:
        attempt = store.ledger.open(chunks[gap_id], dag_run="barograph fill --dismiss", task="dismiss")
        store.ledger.mark_failed(attempt, f"{DISMISSED}{reason}")
        say(f"dismissed {gap_id}: {_asked(chunks[gap_id])}: noted as {attempt.attempt_id}")


def _asked(chunk: Chunk) -> str:
    ids = [location.location_id for location in chunk.locations]
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    named = "; ".join(ids[:NAMED])
    return f"{chunk.source} {chunk.resolution} {chunk.window}, locations {named}{more}, variables {', '.join(chunk.variables)}"


def _trigger(since: date | None) -> None:
    conf = ["--conf", json.dumps({"since": since.isoformat()})] if since else []
    command = airflow_command("dags", "trigger", "fill_gaps_dag", *conf)
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)  # noqa: S603  # an argument list, no shell
    if done.returncode:
        say("fill_gaps_dag could not be triggered: ./startup.sh up, then try again", err=True)
        raise typer.Exit(1)
    say("fill_gaps_dag is triggered: its tasks log their progress, and `barograph fill --dry-run` shows what is left")
