"""The one invariant checker: the tables against what the stand-in answered, recomputed from its log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from cassandra.cluster import Session

from barograph.model.attempt import Attempt
from barograph.model.quarantine import Selection
from barograph.model.unit import Unit
from barograph.model.variables import Resolution, Value, get_variable
from barograph.settings import Settings
from barograph.store.ledger import Ledger
from barograph.store.quarantine import Quarantine
from stack.standin.app import respond
from stack.standin.profiles import PROFILES
from stack.standin.revisions import Revision, revise
from tests.failure.simulated import Expected, calendar, is_question_of, read_answer, record_digest

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
    units: Sequence[Unit],
    loaded: Sequence[str],
    filled: Sequence[Unit] = (),
) -> Verdict:
    """Hold the cells of `units`' places against `told` (GET /control). Every attempt at those places counts.

    Each cell equals the answer to the newest committed attempt that asked for it and carries that attempt's version; each
    committed attempt sent what was answered and accounts for all of it; every unit and every attempt whose load succeeded
    (`loaded`) is committed; no key is too many. Of the units that only a fill brought (`filled`), which asks for missing
    cells alone, every cell is committed.
    """
    verdict, places = Verdict(), {location for unit in units for location in unit.locations}
    for source, resolution in sorted({(unit.source, unit.resolution) for unit in units}):
        history = Ledger(session, settings.cassandra_keyspace).history(source, resolution)
        committed = [one for one in history if one.status == "COMMITTED" and places & set(one.unit.locations)]
        expected: dict[Key, tuple[Value, int]] = {}
        for attempt in reversed(committed):
            expected |= expect(attempt, told, verdict)
        for attempt in history:
            if attempt.attempt_id in loaded and attempt.status != "COMMITTED":
                verdict.find("wrong", f"{attempt.attempt_id} was loaded and is {attempt.status}")
        selection = Selection(source=source, resolution=resolution)
        kept = Quarantine(session, settings.cassandra_keyspace).find(selection)
        check_quarantined(committed, [one.sent_by for one in kept if one.kind != "foreign"], verdict)
        mine = [unit for unit in units if (unit.source, unit.resolution) == (source, resolution)]
        check_units([unit for unit in mine if unit not in filled], committed, verdict)
        check_filled([unit for unit in mine if unit in filled], committed, verdict)
        compare(expected, _stored(session, settings, source, resolution, mine), verdict)
    return verdict


def check_units(units: Sequence[Unit], committed: Sequence[Attempt], verdict: Verdict) -> None:
    """Count the `units` that a committed attempt asked for as a whole; the others are lost with all their observations."""
    done = {attempt.unit for attempt in committed}
    for unit in units:
        if unit in done:
            verdict.windows += 1
        else:
            verdict.find("lost", f"{unit} was never committed", count_asked(unit))


def count_asked(unit: Unit) -> int:
    """Observations that the calendar puts into `unit`."""
    return len(unit.locations) * len(calendar(unit))


def check_filled(units: Sequence[Unit], committed: Sequence[Attempt], verdict: Verdict) -> None:
    """Count the `units` all of whose cells committed attempts asked for; of the others, the cells that none did are lost."""
    done = {cell for attempt in committed for cell in _cells(attempt.unit)}
    for unit in units:
        if left := _cells(unit) - done:
            verdict.find("lost", f"{unit} was never filled: {sorted(left)[:3]}", len(left))
        else:
            verdict.windows += 1


def _cells(unit: Unit) -> set[tuple[str, date, str]]:
    """Place, day and variable of everything that `unit` asks for."""
    days = [unit.window.start + timedelta(days=number) for number in range((unit.window.end - unit.window.start).days)]
    return {(place.location_id, day, name) for place in unit.locations for day in days for name in unit.variables}


def check_quarantined(committed: Sequence[Attempt], sent_by: Sequence[str | None], verdict: Verdict) -> None:
    """Hold how many records are kept of each attempt (`sent_by`: one attempt id each) against what its ledger row counts."""
    for attempt in committed:
        counted, kept = attempt.outcome.quarantined if attempt.outcome else 0, sent_by.count(attempt.attempt_id)
        if counted != kept:
            verdict.find("lost", f"{attempt.attempt_id} counts {counted} quarantined, {kept} are kept", abs(counted - kept))


def expect(attempt: Attempt, told: Mapping[str, Any], verdict: Verdict) -> dict[Key, tuple[Value, int]]:
    """What the answer to `attempt` puts into its cells, at its version."""
    records = _find_answer(attempt, told)
    outcome = attempt.outcome
    if records is None or outcome is None:
        verdict.find("wrong", f"{attempt.attempt_id} sent what the stand-in never answered")
        return {}
    bad = [is_out_of_bounds(record.values, attempt.unit.resolution) for record in records]
    empty = [all(value is None for value in record.values.values()) for record in records]
    missing = [is_empty and not is_bad for is_empty, is_bad in zip(empty, bad, strict=True)]
    counts, asked = (len(records) - sum(bad) - sum(missing), sum(bad), sum(missing)), count_asked(attempt.unit)
    if counts != (outcome.landed, outcome.quarantined, outcome.missing) or sum(counts) != asked:
        verdict.find("wrong", f"{attempt.attempt_id} counts {outcome}, the answer {counts} of {asked}")
    return {
        (record.location_id, attempt.unit.source, record.time, name): (None if is_bad else value, attempt.version)
        for record, is_bad in zip(records, bad, strict=True)
        for name, value in record.values.items()
    }


def is_out_of_bounds(values: Mapping[str, Value], resolution: Resolution) -> bool:
    """Whether one of `values` is beyond its variable's bounds, so that the whole record belongs into quarantine."""
    return any(
        isinstance(value, int | float) and not variable.lowest <= value <= variable.highest
        for name, value in values.items()
        if (variable := get_variable(name, resolution)).lowest is not None and variable.highest is not None
    )


def _find_answer(attempt: Attempt, told: Mapping[str, Any]) -> list[Expected] | None:
    """The records of an answer to the attempt's question whose digest is that of its manifest."""
    for answer in reversed(told["answers"]):
        path, query = answer["path"], answer["query"]
        if answer["fault"] in RIGHT_IN_THE_END and is_question_of(attempt.unit, path, query):
            revisions = tuple(Revision(**one) for one in told["revisions"][: answer["revision"]])
            at = datetime.fromisoformat(answer["at"]).replace(minute=0, second=0, microsecond=0)
            records, digest = recompute(attempt.unit, path, query, at, revisions)
            if attempt.manifest and attempt.manifest.record_digest == digest:
                return records
    return None


@lru_cache(maxsize=2000)
def recompute(unit: Unit, path: str, query: str, at: datetime, revisions: tuple[Revision, ...]) -> tuple[list[Expected], int]:
    """The records that the simulator's answer at that time must become, and their digest."""
    body = revise(bytes(respond(query, PROFILES[path], at, None).body).decode(), revisions)
    records = read_answer(unit, body)
    return records, record_digest(unit.source, records)


def _stored(
    session: Session, settings: Settings, source: str, resolution: Resolution, units: Sequence[Unit]
) -> dict[Key, tuple[Value, int]]:
    """Every value that the table holds for the units' places, with its write time."""
    time_column = "time" if resolution == "hourly" else "date"
    names = sorted({name for unit in units for name in unit.variables})
    columns = ", ".join(f"{name}, WRITETIME({name}) AS written_{name}" for name in names)
    table = f"{settings.cassandra_keyspace}.{settings.sink_table(resolution)}"
    query = f"SELECT location_id, {time_column}, {columns} FROM {table} WHERE source = %s ALLOW FILTERING"
    places = {location.location_id for unit in units for location in unit.locations}
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
