"""`barograph ledger`: the newest attempts. `barograph repair-clock`: a version clock that a wrong clock pushed ahead."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from barograph.cli.console import exiting_on_error, print_table, say, say_message
from barograph.model.attempt import Attempt, instant_of
from barograph.model.overlap import OverlapIndex
from barograph.model.state import State, derive_state
from barograph.settings import get_settings
from barograph.store.store import Store, open_store


def ledger(
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest attempts per source and resolution.")] = 20,
    source: Annotated[str | None, typer.Option(help="Only attempts at this source.")] = None,
    resolution: Annotated[str | None, typer.Option(help="Only attempts at this resolution.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only attempts opened on this UTC day or later.")
    ] = None,
) -> None:
    """Show the newest attempts: what was asked, what landed, their state, and why they failed."""
    table = Table("attempt", "days", "locations", "state", "asked", "landed", "quarantined", "missing", box=None)
    reasons = list[str]()
    with exiting_on_error(), open_store(get_settings()) as store:
        for key in store.ledger.sources():
            if source in {None, key[0]} and resolution in {None, key[1]}:
                attempts = store.ledger.newest(*key, limit, since.replace(tzinfo=UTC) if since else None)
                overlaps = OverlapIndex(store.ledger.overlapping([attempt.chunk for attempt in attempts]))
                for attempt in attempts:
                    state = derive_state(attempt, overlaps.of(attempt))
                    table.add_row(*map(str, _row(attempt, state)))
                    reasons += [f"{attempt.attempt_id}: {attempt.message}"] if _is_red(attempt) else []
    print_table(table)
    for reason in reasons:
        say_message(reason)


def _row(attempt: Attempt, state: State) -> list[object]:
    chunk, outcome = attempt.chunk, attempt.outcome
    counts = [outcome.landed, outcome.quarantined, outcome.missing] if outcome else ["", "", ""]
    shown = f"{state}, load failed" if _is_red(attempt) and state == "REPLACING" else state
    return [attempt.attempt_id, chunk.window, len(chunk.locations), shown, chunk.asked, *counts]


def repair_clock(
    source: Annotated[str, typer.Argument(help="The source whose runs are refused, as `barograph ledger` names it.")],
) -> None:
    """Set back a version clock that a machine with a wrong clock pushed ahead, and name the attempts opened then."""
    with exiting_on_error(), open_store(get_settings()) as store:
        was, now = store.versions.lower(source)
        say(f"version clock of {source}: was {_instant(was)}, is {_instant(now)}")
        for attempt in _opened_ahead(store, source, now):
            say(f"opened ahead: {attempt.attempt_id} ({attempt.status}): {attempt.chunk}")
    say(
        "Values that these attempts wrote win over every later value of the same locations, days and variables until "
        f"{_instant(was)}; runs that ask for them again are superseded. Other days are recorded normally from now on."
    )


def _opened_ahead(store: Store, source: str, now: int) -> list[Attempt]:
    keys = [key for key in store.ledger.sources() if key[0] == source]
    return [attempt for key in keys for attempt in store.ledger.opened_after(*key, now)]


def _is_red(attempt: Attempt) -> bool:
    return attempt.status == "FAILED"


def _instant(version: int) -> str:
    return f"{instant_of(version):%Y-%m-%d %H:%M:%S} UTC"
