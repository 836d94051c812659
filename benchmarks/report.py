"""What was measured, in words: the targets with their ratios, and every contender of every suite."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.figures import spread_of
from benchmarks.results import FOLDER, Recording
from benchmarks.targets import TARGETS, Judged, Recordings, evaluate
from stack.settings import REPOSITORY

NOTE: Final = REPOSITORY / "docs/performance.md"
BEGIN, END = "<!-- begin: made by `make bench` -->", "<!-- end: made by `make bench` -->"
HIDDEN: Final = ("action ", "task ", "load before")
"""Beginnings of figures that only the JSON shows."""


def read_recordings(folder: Path = FOLDER) -> Recordings:
    """Every suite that has results in `folder`."""
    files = [path for path in sorted(folder.glob("*.json")) if not path.stem.endswith(".other")]
    return {path.stem: Recording.read(path) for path in files}


def target_rows(recordings: Recordings) -> list[tuple[str, ...]]:
    """One row per target: what, kind and limit, median, spread, verdict."""
    return [_target_row(evaluate(target, recordings)) for target in TARGETS]


def _target_row(evaluated: Judged) -> tuple[str, ...]:
    target = evaluated.target
    limit = target.kind if target.limit is None else f"{target.kind} {'≥' if target.is_floor else '≤'} {target.limit:g}"
    if evaluated.median is None or evaluated.lowest is None or evaluated.highest is None:
        return target.what, limit, "", "", evaluated.verdict
    return target.what, limit, f"{evaluated.median:.2f}", f"{evaluated.lowest:.2f} to {evaluated.highest:.2f}", evaluated.verdict


def contender_rows(recording: Recording) -> list[tuple[str, ...]]:
    """One row per contender: name, rows, seconds, spread, rows per second, and what else was measured, as medians."""
    rows: list[tuple[str, ...]] = []
    for name in recording.contenders():
        measured = [one for one in recording.of(name) if one.figures]
        if not measured:
            rows.append((name, f"{recording.of(name)[0].rows:,}", "failed", "", "", recording.of(name)[0].note.splitlines()[-1]))
            continue
        seconds, rate = spread_of([one.figures["seconds"] for one in measured]), spread_of([one.rate() for one in measured])
        spread = f"{seconds.lowest:.4g} to {seconds.highest:.4g} ({seconds.rounds})"
        rows.append(
            (name, f"{measured[0].rows:,}", f"{seconds.median:.4g}", spread, f"{rate.median:,.0f}", _others(recording, name))
        )
    return rows


def _others(recording: Recording, contender: str) -> str:
    names = dict.fromkeys(name for one in recording.of(contender) for name in one.figures)
    shown = [name for name in names if name != "seconds" and not name.startswith(HIDDEN)]
    medians = {name: spread_of(list(recording.values(contender, name).values())).median for name in shown}
    return ", ".join(f"{name} {value:.4g}" for name, value in medians.items() if value)


def to_markdown(recordings: Recordings) -> str:
    """All of it as tables, between the marks of the note."""
    parts = [BEGIN, "", _table(("target", "limit", "median", "lowest to highest", "verdict"), target_rows(recordings))]
    for recording in recordings.values():
        columns = ("contender", "rows", "seconds (median)", "lowest to highest (rounds)", "rows/s", "other medians")
        parts += [
            "",
            f"### {recording.suite}",
            "",
            f"{_machine(recording)} cores.",
            "",
            _table(columns, contender_rows(recording)),
        ]
    return "\n".join([*parts, "", END])


def _machine(recording: Recording) -> str:
    machine = recording.machine
    return f"{machine['processor']}, {machine['memory']}, {machine['system']}, {machine['cores']}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def write_note(recordings: Recordings, note: Path = NOTE) -> None:
    """Put the tables into the note, in place of those that are there."""
    text = note.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    note.write_text(before + to_markdown(recordings) + rest.partition(END)[2], encoding="utf-8")
