from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.results import Measurement, Recording
from benchmarks.suites import landing, security
from benchmarks.targets import TARGETS, Target, evaluate

NOTE_WORDS = f"# Performance\n\nWhy.\n\n{report.BEGIN}\nold\n{report.END}\n\nWhat next.\n"


def recorded(folder: Path, suite: str, seconds: Mapping[str, list[float]], rows: int = 1000) -> Recording:
    """A suite with these seconds per round for each contender."""
    recording = Recording(suite, {"rows": rows}, folder)
    for name, rounds in seconds.items():
        for number, one in enumerate(rounds, start=1):
            recording.add(Measurement(name, number, rows, {"seconds": one, "write": one / 2, "engine": one}))
    return recording


@pytest.mark.parametrize(
    ("limit", "is_floor", "verdict"), [(2.0, True, "pass"), (2.1, True, "short"), (2.0, False, "pass"), (1.9, False, "short")]
)
def test_the_median_decides(limit: float, is_floor: bool, verdict: str) -> None:
    evaluated = evaluate(Target("a", "goal", limit, lambda _: [9.0, 2.0, 1.0], is_floor), {})
    assert (evaluated.verdict, evaluated.median, evaluated.lowest, evaluated.highest) == (verdict, 2.0, 1.0, 9.0)


def test_what_was_not_measured_is_neither_pass_nor_short() -> None:
    assert [evaluate(target, {}).verdict for target in TARGETS] == ["not measured"] * len(TARGETS)


def test_write_stage_is_held_against_the_best_of_dsbulks_settings(tmp_path: Path) -> None:
    seconds = {landing.OURS: [8.0, 8.0], "DSBulk default": [10.0, 20.0], "DSBulk batches of 128": [6.0, 8.0]}
    recordings = {"landing": recorded(tmp_path, "landing", seconds)}
    gate, goal = (evaluate(target, recordings) for target in TARGETS[:2])
    assert (gate.median, gate.lowest, gate.highest) == (1.75, 1.5, 2.0)
    assert (gate.verdict, goal.verdict) == ("pass", "short")


def test_whole_job_is_held_against_the_naive_way_by_rows_per_second(tmp_path: Path) -> None:
    recording = recorded(tmp_path, "landing", {landing.OURS: [10.0]})
    recording.add(Measurement(landing.NAIVE, 1, 20, {"seconds": 2.0}))
    naive = next(target for target in TARGETS if "naive" in target.what)
    assert evaluate(naive, {"landing": recording}).median == 10.0


def test_logins_are_held_against_none_and_tls_is_stated_beside_it(tmp_path: Path) -> None:
    recording = Recording("security", {}, tmp_path)
    for name, load, produce in ((security.NEITHER, 90.0, 8.0), (security.LOGINS, 100.0, 10.0), (security.TLS, 180.0, 16.0)):
        recording.add(Measurement(name, 1, 1000, {"seconds": load, "produce": produce}))
    found = {one.what: one for one in TARGETS if "logins" in one.what}
    judged = {what: evaluate(target, {"security": recording}) for what, target in found.items()}
    assert {what: (one.median, one.verdict) for what, one in judged.items()} == {
        "produce, with logins ÷ without": (0.8, "short"),
        "load, with logins ÷ without": (0.9, "pass"),
        "produce, with logins and TLS ÷ without both": (0.5, "stated"),
        "load, with logins and TLS ÷ without both": (0.5, "stated"),
    }
    rows = {row[0]: row[1:] for row in report.target_rows({"security": recording})}
    assert rows["load, with logins and TLS ÷ without both"] == ("stated", "0.50", "0.50 to 0.50", "stated")


def test_growth_is_judged_round_by_round_over_all_sizes(tmp_path: Path) -> None:
    recording = Recording("end_to_end", {}, tmp_path)
    for rows in (100_000, 1_000_000):
        for number, factor in enumerate((1.0, 1.0, 5.0), start=1):
            recording.add(Measurement(f"{rows}", number, rows, {"seconds": factor * rows / 1000, "rss extract": 200.0}))
    growth, memory = (target for target in TARGETS if target.what.startswith("end to end"))
    recording.add(Measurement("100000", 4, 100_000, {"seconds": 1.0, "rss extract": 200.0}))  # no other size in that round
    assert growth.find({"end_to_end": recording}) == pytest.approx([1.0] * 3)
    assert memory.find({"end_to_end": recording}) == [1.0] * 3


def test_the_note_keeps_its_words_around_the_tables(tmp_path: Path) -> None:
    note = tmp_path / "performance.md"
    note.write_text(NOTE_WORDS)
    recordings = {
        "landing": recorded(tmp_path, "landing", {landing.OURS: [8.0, 9.0, 10.0], "DSBulk default": [10.0, 20.0, 30.0]})
    }
    report.write_note(recordings, note)
    report.write_note(recordings, note)
    text = note.read_text()
    assert text.startswith("# Performance\n\nWhy.\n\n")
    assert text.endswith(f"{report.END}\n\nWhat next.\n")
    assert "old" not in text
    assert "| barograph | 1,000 | 9 | 8 to 10 (3) | 111 |" in text
    assert "| landing, write stage ÷ DSBulk's best | gate ≥ 1.25 | 4.44 | 2.50 to 6.00 | pass |" in text


def test_a_contender_that_failed_is_shown_with_its_last_words(tmp_path: Path) -> None:
    recording = Recording("produce", {}, tmp_path)
    recording.add(Measurement("stock", 1, 100, {}, "python ended with 1:\nBufferError: Local: Queue full"))
    assert report.contender_rows(recording) == [("stock", "100", "failed", "", "", "BufferError: Local: Queue full")]


def test_the_note_shows_the_results_that_lie_beside_it() -> None:
    tables = report.to_markdown(report.read_recordings())
    assert tables in report.NOTE.read_text(encoding="utf-8"), "run `make bench-show` and commit the note with the results"
