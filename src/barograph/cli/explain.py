"""`barograph explain`: where one value comes from, who asked for it before, and which Kafka record brought it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from barograph.cli.arguments import check_variable, other_resolution, parse_location_id, parse_valid_time
from barograph.cli.console import exiting_on_error, print_table
from barograph.errors import RequestRefused
from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.location import Location
from barograph.model.resolution import Resolution, spec_of
from barograph.model.state import derive_state
from barograph.model.variables import get_variable
from barograph.model.window import Window
from barograph.printable import one_line
from barograph.settings import Settings, get_settings
from barograph.store.cells import StoredCell
from barograph.store.store import Store, open_store
from barograph.transport.ranges import find_record


@dataclass(frozen=True, slots=True)
class Question:
    """One location, one hour or day (`at`, UTC) and one variable."""

    location_id: str
    at: datetime
    resolution: Resolution
    variable: str

    @property
    def record_time(self) -> str:
        """`at` as it is written in records."""
        return f"{self.at:%Y-%m-%dT%H:%M:%SZ}" if spec_of(self.resolution).time_column == "time" else f"{self.at:%Y-%m-%d}"

    def chunk_at(self, source: str) -> Chunk:
        """The smallest chunk of `source` that asks for this cell."""
        day = Window.from_days(self.at.date(), self.at.date())
        return Chunk(source, self.resolution, (Location.from_id(self.location_id),), (self.variable,), day)


def explain(
    location: Annotated[str, typer.Argument(help="Latitude and longitude, or a location's name: 52.5244,13.4105")],
    time: Annotated[str, typer.Argument(help="An hour (2024-04-01T05:00, UTC) or a day (2024-04-01)")],
    variable: Annotated[str, typer.Argument(help="A variable, such as temperature_2m")],
    source: Annotated[str | None, typer.Option(help="Only this source; otherwise all that were asked.")] = None,
) -> None:
    """Show a value, the attempt that brought it, its Kafka record, and what was asked before and since."""
    settings = get_settings()
    with exiting_on_error():
        question = parse_question(location, time, variable)
        with open_store(settings) as store:
            keys = [key for key in store.ledger.sources() if key[1] == question.resolution and source in {None, key[0]}]
            asked = {key[0]: store.ledger.overlapping([question.chunk_at(key[0])]) for key in keys}
            if not any(asked.values()):
                hint = other_resolution(variable, question.resolution, f"{question.at:%Y-%m-%d}")
                raise RequestRefused(
                    f"{question.resolution} {variable} of {location} at {time} was never asked for: see `barograph ledger`"
                    + (f"; {hint}" if hint else "")
                )
            for name, attempts in asked.items():
                if attempts:
                    _explain_at(name, question, attempts, store)


def parse_question(location: str, time: str, variable: str) -> Question:
    """The question in its words; a time without a clock is a day.

    Raises:
        RequestRefused: the location, the time or the variable is none.
    """
    location_id, valid = parse_location_id(location), parse_valid_time(time)
    check_variable(variable, valid.resolution, f"{valid.at:%Y-%m-%d}")
    return Question(location_id, valid.at, valid.resolution, variable)


def _explain_at(source: str, question: Question, attempts: Sequence[Attempt], store: Store) -> None:
    cell = store.read_cell(question.resolution, source, question.location_id, question.at, question.variable)
    table = Table("", "", show_header=False, box=None)
    for name, text in explanation(source, question, attempts, cell):
        for line in text.split("\n"):
            table.add_row(name, line)
            name = ""
    wrote = next((one for one in attempts if one.version == cell.version), None)
    if wrote:
        table.add_row("Kafka record", _record(wrote, question, store.settings))
    print_table(table)


def explanation(source: str, question: Question, attempts: Sequence[Attempt], cell: StoredCell) -> Iterator[tuple[str, str]]:
    """What the ledger and the table know; `attempts` are those that asked for the cell, newest first."""
    unit = get_variable(question.variable, question.resolution).unit
    yield (
        "value",
        f"{cell.value} {unit}" if cell.value is not None else "none: missing at the source, in quarantine, or not landed",
    )
    yield "source", source
    wrote = next((one for one in attempts if one.version == cell.version), None)
    if wrote:
        yield "attempt", f"{wrote.attempt_id} ({derive_state(wrote, attempts)})"
        yield "asked", one_line(f"{_instant(wrote.opened_at)} by {wrote.dag_run}, {wrote.task}")
    elif cell.version is not None:
        yield "attempt", f"version {cell.version}: no attempt that asked for it, so barograph did not write it"
    since = [one for one in attempts if cell.version is None or one.version > cell.version]
    before = [one for one in attempts if cell.version is not None and one.version < cell.version]
    yield "asked since", _list(since, attempts)
    yield "asked before", _list(before, attempts)


def _list(some: Sequence[Attempt], attempts: Sequence[Attempt]) -> str:
    lines = [f"{one.attempt_id} ({derive_state(one, attempts)}, {_instant(one.opened_at)}){_reason(one)}" for one in some]
    return "\n".join(map(one_line, lines)) or "never"


def _reason(attempt: Attempt) -> str:
    return f": {attempt.message}" if attempt.status == "FAILED" and attempt.message else ""


def _instant(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else "at a time not known"


def _record(attempt: Attempt, question: Question, settings: Settings) -> str:
    if attempt.manifest is None:
        return "the attempt has no manifest"
    place = find_record(
        settings.kafka_bootstrap_servers, attempt.manifest, attempt.attempt_id, question.location_id, question.record_time
    )
    if place is None:
        return f"not kept any more: it lay in {attempt.manifest.topic}, {dict(attempt.manifest.ranges)}"
    return f"{attempt.manifest.topic}, partition {place[0]}, offset {place[1]}"
