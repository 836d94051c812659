"""The one invariant checker: the tables against what the stand-in answered, recomputed from its log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from cassandra.cluster import Session

from barograph.model.attempt import Attempt
from barograph.model.chunk import Chunk
from barograph.model.quarantine import Selection
from barograph.model.resolution import Resolution
from barograph.model.variables import Value, get_variable
from barograph.settings import Settings
from barograph.store.store import Store
from stack.standin.app import respond
from stack.standin.profiles import PROFILES
from stack.standin.revisions import Revision, revise
from tests.failure.simulated import Expected, calendar, is_question_of, read_answer, record_digest

EVERY = 100_000
"""More attempts than a test makes."""

Key = tuple[str, str, str, str]
"""location_id, source, time in record form, variable."""
RIGHT_IN_THE_END = {None, "slow", "drip"}


@dataclass
class Verdict:
    """What was found: `windows` committed of those asked; cells that are lost, too many, or wrong; `findings` name them.

    `unclear` are last lines of red tasks that do not say what to do.
    """

    windows: int = 0
    cells: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    unclear: int = 0
    findings: list[str] = field(default_factory=list)

    def find(self, kind: str, what: str, count: int = 1) -> None:
        """Count `count` cells or attempts that are `kind`."""
        setattr(self, kind, getattr(self, kind) + count)
        self.findings.append(f"{kind}: {what}")


def check(
    session: Session,
    settings: Settings,
    told: Mapping[str, Any],
    chunks: Sequence[Chunk],
    loaded: Sequence[str],
    filled: Sequence[Chunk] = (),
) -> Verdict:
    """Hold the cells of `chunks`' places against `told` (GET /control). Every attempt at those places counts.

    Each cell equals the answer to the newest committed attempt that asked for it and carries that attempt's version; each
    committed attempt sent what was answered and accounts for all of it; every chunk and every attempt whose load succeeded
    (`loaded`) is committed; no key is too many. Of the chunks that only a fill brought (`filled`), which asks for missing
    cells alone, every cell is committed.
    """
    verdict, places = Verdict(), {location for chunk in chunks for location in chunk.locations}
    for source, resolution in sorted({(chunk.source, chunk.resolution) for chunk in chunks}):
        history = Store(session, settings).ledger.newest(source, resolution, EVERY)
        committed = [one for one in history if one.status == "COMMITTED" and places & set(one.chunk.locations)]
        expected: dict[Key, tuple[Value, int]] = {}
        for attempt in reversed(committed):
            expected |= expect(attempt, told, verdict)
        for attempt in history:
            if attempt.attempt_id in loaded and attempt.status != "COMMITTED":
                verdict.find("wrong", f"{attempt.attempt_id} was loaded and is {attempt.status}")
        selection = Selection(source=source, resolution=resolution)
        kept = Store(session, settings).quarantine.find(selection)
        check_quarantined(committed, [one.sent_by for one in kept if one.kind != "foreign"], verdict)
        mine = [chunk for chunk in chunks if (chunk.source, chunk.resolution) == (source, resolution)]
        check_chunks([chunk for chunk in mine if chunk not in filled], committed, verdict)
        check_filled([chunk for chunk in mine if chunk in filled], committed, verdict)
        compare(expected, _stored(session, settings, source, resolution, mine), verdict)
    return verdict


def check_chunks(chunks: Sequence[Chunk], committed: Sequence[Attempt], verdict: Verdict) -> None:
    """Count the `chunks` that a committed attempt asked for as a whole; the others are lost with all their observations."""
    done = {attempt.chunk for attempt in committed}
    for chunk in chunks:
        if chunk in done:
            verdict.windows += 1
        else:
            verdict.find("lost", f"{chunk} was never committed", count_asked(chunk))


def count_asked(chunk: Chunk) -> int:
    """Observations that the calendar puts into `chunk`."""
    return len(chunk.locations) * len(calendar(chunk))


def check_filled(chunks: Sequence[Chunk], committed: Sequence[Attempt], verdict: Verdict) -> None:
    """Count the `chunks` all of whose cells committed attempts asked for; of the others, the cells that none did are lost."""
    done = {cell for attempt in committed for cell in _cells(attempt.chunk)}
    for chunk in chunks:
        if left := _cells(chunk) - done:
            verdict.find("lost", f"{chunk} was never filled: {sorted(left)[:3]}", len(left))
        else:
            verdict.windows += 1


def _cells(chunk: Chunk) -> set[tuple[str, date, str]]:
    """Location, day and variable of everything that `chunk` asks for."""
    days = [chunk.window.start + timedelta(days=number) for number in range((chunk.window.end - chunk.window.start).days)]
    return {(place.location_id, day, name) for place in chunk.locations for day in days for name in chunk.variables}


def check_quarantined(committed: Sequence[Attempt], sent_by: Sequence[str | None], verdict: Verdict) -> None:
    """Compare how many records are kept of each attempt (`sent_by`: one attempt id each) with what its ledger row counts."""
    for attempt in committed:
        outcome, kept = attempt.outcome, sent_by.count(attempt.attempt_id)
        counted = outcome.quarantined + outcome.flagged if outcome else 0
        if counted != kept:
            verdict.find("lost", f"{attempt.attempt_id} counts {counted} quarantined, {kept} are kept", abs(counted - kept))


def expect(attempt: Attempt, told: Mapping[str, Any], verdict: Verdict) -> dict[Key, tuple[Value, int]]:
    """What the answer to `attempt` puts into its cells, at its version."""
    records = _find_answer(attempt, told)
    outcome = attempt.outcome
    if records is None or outcome is None:
        verdict.find("wrong", f"{attempt.attempt_id} sent what the simulator never answered")
        return {}
    withheld = [find_out_of_bounds(record.values, attempt.chunk.resolution) for record in records]
    left = [
        any(value is not None for name, value in record.values.items() if name not in names)
        for record, names in zip(records, withheld, strict=True)
    ]
    bad = [bool(names) and not is_left for names, is_left in zip(withheld, left, strict=True)]
    flagged = [bool(names) and is_left for names, is_left in zip(withheld, left, strict=True)]
    landed = sum(left)
    counts, asked = (landed, sum(bad), len(records) - landed - sum(bad), sum(flagged)), count_asked(attempt.chunk)
    found = (outcome.landed, outcome.quarantined, outcome.missing, outcome.flagged)
    if counts != found or sum(counts[:3]) != asked:
        verdict.find("wrong", f"{attempt.attempt_id} counts {outcome}, the answer {counts} of {asked}")
    return {
        (record.location_id, attempt.chunk.source, record.time, name): (None if name in names else value, attempt.version)
        for record, names in zip(records, withheld, strict=True)
        for name, value in record.values.items()
    }


def find_out_of_bounds(values: Mapping[str, Value], resolution: Resolution) -> set[str]:
    """The names of those of `values` that are beyond their variable's bounds: they are withheld, and the record is kept."""
    return {
        name
        for name, value in values.items()
        if isinstance(value, int | float)
        and (variable := get_variable(name, resolution)).lowest is not None
        and variable.highest is not None
        and not variable.lowest <= value <= variable.highest
    }


def _find_answer(attempt: Attempt, told: Mapping[str, Any]) -> list[Expected] | None:
    """The records of an answer to the attempt's question whose digest is that of its manifest."""
    for answer in reversed(told["answers"]):
        path, query = answer["path"], answer["query"]
        if answer["fault"] in RIGHT_IN_THE_END and is_question_of(attempt.chunk, path, query):
            revisions = tuple(Revision(**one) for one in told["revisions"][: answer["revision"]])
            at = datetime.fromisoformat(answer["at"]).replace(minute=0, second=0, microsecond=0)
            records, digest = recompute(attempt.chunk, path, query, at, revisions)
            if attempt.manifest and attempt.manifest.record_digest == digest:
                return records
    return None


@lru_cache(maxsize=2000)
def recompute(chunk: Chunk, path: str, query: str, at: datetime, revisions: tuple[Revision, ...]) -> tuple[list[Expected], int]:
    """The records that the simulator's answer at that time must become, and their digest."""
    body = revise(bytes(respond(query, PROFILES[path], at, None).body).decode(), revisions)
    records = read_answer(chunk, body)
    return records, record_digest(chunk.source, records)


def _stored(
    session: Session, settings: Settings, source: str, resolution: Resolution, chunks: Sequence[Chunk]
) -> dict[Key, tuple[Value, int]]:
    """Every value that the table holds for the chunks' places, with its write time."""
    time_column = "time" if resolution == "hourly" else "date"
    names = sorted({name for chunk in chunks for name in chunk.variables})
    columns = ", ".join(f"{name}, WRITETIME({name}) AS written_{name}" for name in names)
    table = f"{settings.cassandra_keyspace}.{settings.sink_table(resolution)}"
    query = f"SELECT location_id, {time_column}, {columns} FROM {table} WHERE source = %s ALLOW FILTERING"
    places = {location.location_id for chunk in chunks for location in chunk.locations}
    stored: dict[Key, tuple[Value, int]] = {}
    for row in session.execute(query, (source,)):
        cells = row._asdict()
        if cells["location_id"] in places:
            at = cells[time_column]
            time = at.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z") if resolution == "hourly" else str(at)
            for name in names:
                if cells[name] is not None:
                    stored[cells["location_id"], source, time, name] = cells[name], cells[f"written_{name}"]
    return stored


def compare(expected: Mapping[Key, tuple[Value, int]], stored: Mapping[Key, tuple[Value, int]], verdict: Verdict) -> None:
    """Hold value and version of each stored cell against those expected; None = nothing may stand there."""
    verdict.cells += len(stored)
    for key in sorted(expected.keys() | stored.keys()):
        value, version = expected.get(key, (None, 0))
        if value is None and key in stored:
            verdict.find("doubled", f"{key} holds {stored[key]} where nothing was answered")
        elif value is not None and key not in stored:
            verdict.find("lost", f"{key} of version {version} is not there")
        elif value is not None and stored[key] != (value, version):
            verdict.find("wrong", f"{key} holds {stored[key]} where {(value, version)} was answered")
