"""`barograph quarantine`: what could not land and why; replaying it after a fix, or saying that it may stay out."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from barograph.cli.console import exiting_on_error, print_table, say
from barograph.cli.programs import exit_with_job
from barograph.errors import RequestRefused
from barograph.model.attempt import Attempt
from barograph.model.quarantine import STATES, QuarantineState, Selection, parse_quarantine_id
from barograph.model.window import MAX_DAYS
from barograph.read.quarantine import find_records
from barograph.settings import get_settings
from barograph.store.quarantine import KeptRecord, Quarantined
from barograph.store.store import open_store
from barograph.transport.record import decode

app = typer.Typer(no_args_is_help=True, help="Records that could not land, whole and with their reason.")

Source = Annotated[str | None, typer.Option(help="As `barograph ledger` shows it.")]
Resolution = Annotated[str | None, typer.Option(help="hourly or daily.")]
Reason = Annotated[str | None, typer.Option(help="The beginning of a reason, such as 'out of bounds'.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="As `list` shows them.")]


@app.command(name="list")
def list_records(
    source: Source = None,
    resolution: Resolution = None,
    reason: Reason = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=MAX_DAYS, help="Only attempts of the last N UTC days, today included.")
    ] = None,
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only attempts of this UTC day.")] = None,
    state: Annotated[str, typer.Option(help=f"One of {', '.join(STATES)}, all.")] = "open",
    limit: Annotated[int, typer.Option(min=0, help="How many records are shown; all are counted.")] = 50,
) -> None:
    """Show how many records there are for each reason, then the records."""
    if state not in (*STATES, "all"):
        raise typer.BadParameter(f"--state {state!r}: one of {', '.join(STATES)}, all")
    if days and day:
        raise typer.BadParameter("--days and --day exclude each other: give one")
    settings = get_settings()
    with exiting_on_error(), open_store(settings) as store:
        texts = {"source": source, "resolution": resolution, "reason": reason}
        selection = Selection.from_texts(texts) if any(texts.values()) else Selection()
        page = find_records(store.quarantine, selection, _days(days, day), None if state == "all" else state, limit)
    counts = Table("reason", "records", box=None)
    for kind, count in page.counts.items():
        counts.add_row(kind, str(count))
    print_table(counts)
    for record in page.records:
        say(f"{record.id}  {record.state}  {record.location_id or '-'}  {record.reason}")
    say(f"{page.total} records, {len(page.records)} shown")


@app.command()
def show(record_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show one record whole: what it says, why it could not land, where it is in Kafka, and whether its hour has a value."""
    settings = get_settings()
    with exiting_on_error(), open_store(settings) as store:
        one = parse_quarantine_id(record_id)
        (note,) = store.quarantine.find(Selection(ids=(one,)))
        (kept,) = store.quarantine.read([one])
        (attempt,) = store.ledger.get([one.attempt_id])
        newer = [other for other in store.ledger.overlapping([attempt.chunk]) if _covers(other, attempt, note, kept)]
    for name, text in _lines(note, kept, attempt, newer):
        say(f"{name:<12} {text}")


@app.command()
def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="As `list` shows them.")] = None,
    source: Source = None,
    resolution: Resolution = None,
    reason: Reason = None,
    attempt: Annotated[str | None, typer.Option(help="Everything found in this attempt's offsets.")] = None,
) -> None:
    """Land what can land now, at its original version; a newer value stays, and what is still bad stays here."""
    texts = {"source": source, "resolution": resolution, "reason": reason, "attempt_id": attempt, "ids": ",".join(ids or [])}
    with exiting_on_error():
        exit_with_job("replay_quarantine.py", Selection.from_texts(texts).to_arguments())


@app.command()
def drop(ids: Ids) -> None:
    """Delete these open records: they cannot be replayed any more. The ledger goes on counting them as quarantined."""
    settings = get_settings()
    with exiting_on_error(), open_store(settings) as store:
        found = store.quarantine.find(Selection(ids=tuple(parse_quarantine_id(text) for text in ids)))
        if replayed := [one for one in found if one.state == "replayed"]:
            raise RequestRefused(
                f"{replayed[0].id} was replayed and is in the table: only open records are dropped; it is deleted 90 days after "
                "its replay"
            )
        store.quarantine.drop([one.id for one in found])
    say(f"{len(found)} dropped")


def _days(days: int | None, day: datetime | None) -> list[date] | None:
    if day:
        return [day.date()]
    today = datetime.now(UTC).date()
    return [today - timedelta(days=back) for back in range(days)] if days else None


def _covers(other: Attempt, attempt: Attempt, note: Quarantined, kept: KeptRecord) -> bool:
    """Whether `other` is a newer committed attempt that asked for cells of the record, as far as it says location and day."""
    day, window = _day_of(kept), other.chunk.window
    is_then = day is None or window.start <= day < window.end
    is_there = note.location_id is None or note.location_id in [one.location_id for one in other.chunk.locations]
    return other.version > attempt.version and other.status == "COMMITTED" and other.overlaps(attempt) and is_then and is_there


def _day_of(kept: KeptRecord) -> date | None:
    """The UTC day that a record says it is of; None where it cannot be read."""
    try:
        return date.fromisoformat(str(decode(kept.value or b"").time)[:10])
    except (RequestRefused, ValueError):
        return None


def _lines(note: Quarantined, kept: KeptRecord, attempt: Attempt, newer: list[Attempt]) -> list[tuple[str, str]]:
    state: QuarantineState = note.state
    return [
        ("id", str(note.id)),
        ("state", state),
        ("reason", note.reason),
        ("kafka", f"topic {note.id.topic}, partition {note.id.partition}, offset {note.id.offset}"),
        ("sent by", note.sent_by or "no header attempt_id"),
        ("attempt", f"{attempt.attempt_id} is {attempt.status}: {attempt.chunk}"),
        ("newer", ", ".join(f"{one.attempt_id} covers it" for one in newer) or "no newer committed attempt covers it"),
        *(("header", f"{name}: {text}") for name, text in kept.headers),
        ("key", _text(kept.key)),
        ("value", _text(kept.value)),
    ]


def _text(content: bytes | None) -> str:
    """`content` as text, with bytes that are not UTF-8 as escapes."""
    return "none" if content is None else content.decode(errors="backslashreplace")
