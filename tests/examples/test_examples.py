"""The examples are what their scripts write, and what is absent beside the project is one line."""

import gzip
import os
from pathlib import Path

import pytest

from tests.examples import write_answers, write_month
from tests.examples.folders import ANSWERS, EXAMPLES, SHARED, find, find_absent


def test_recordings_beside_the_project_are_there() -> None:
    absent = find_absent()
    reason = f"{SHARED} lacks {', '.join(absent)}: the tests that use them ran on our own examples alone"
    assert not (absent and os.environ.get("CI")), reason
    if absent:
        pytest.skip(reason)


def test_each_example_is_ours_first_and_shared_where_it_is_there(tmp_path: Path) -> None:
    for example in EXAMPLES:
        own = find(example, tmp_path)
        assert list(own) == ["own"]
        assert own["own"].exists()
    assert len(find_absent(tmp_path)) == len(EXAMPLES)
    (tmp_path / ANSWERS[1]).mkdir(parents=True)
    assert list(find(ANSWERS, tmp_path)) == ["own", "shared"]
    assert ANSWERS[1] not in find_absent(tmp_path)


def test_answers_are_what_their_script_writes() -> None:
    written = write_answers.written()
    assert {path: path.read_text(encoding="utf-8") for path in write_answers.FOLDER.glob("*/*.json")} == written


def test_the_month_is_what_its_script_writes_and_small() -> None:
    held = gzip.decompress(write_month.FILE.read_bytes()).decode()
    assert held.splitlines() == list(write_month.lines())
    assert write_month.FILE.stat().st_size < 100_000


def test_the_month_has_holes_of_every_kind_and_empty_cells() -> None:
    rows = [line.split(",") for line in write_month.lines()][1:]
    assert len([row for row in rows if any(row[3:])]) == len(write_month.CLIMATE) * write_month.HOURS - write_month.MISSING
    empty = [sum(row[index] == "" for row in rows) for index in range(3, 10)]
    assert [count > 1 for count in empty] == [False, True, True, False, False, True, False]
    assert [row for row in rows if not any(row[3:])] == [["43.117", "-1.5", "2007-11-26T00:00", *[""] * 7]]
    assert {row[7] for row in rows if row[6] == "0.0"} == {"0"}
    assert any(row[7] == "0" for row in rows if row[6] != "0.0")
    assert any(row[3].startswith("-") for row in rows)
    assert "-0.0" not in {row[3] for row in rows}
