"""Text is plain English with the words of docs/architecture.md: a closed list of turns is kept out of code, messages and docs."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

INSTEAD: Final[dict[str, str]] = {
    r"\banew\b": "again, recreated",
    r"\bin vain\b": "without effect",
    r"\bfor good\b": "permanently",
    r"\bfor ever\b": "forever",
    r"\bgoes on by itself\b": "resumes",
    r"\bnobody\b": "the passive, or no one",
    r"\bwhat bec(?:a|o)mes? of\b": "result, outcome",
    r"\b(?:is|are|was|were) told\b(?! apart)": "is logged, is named, gets",
    r"\bstands\b(?! for| in for)": "is, is stored",
    r"\bbeside\b": "next to, in addition to, sibling",
    r"\bstand-ins?\b": "simulator",
    r"\bjudg(?:e|es|ed|ing)\b": "validate",
    r"\btall(?:y|ies|ied)\b": "count, reconcile",
    r"\bhand-?overs?\b": "XCom",
    r"(?<!decimal )\bplaces\b(?!-)": "locations",
    r"\bland(?:ing)? zone\b|\bthe landing\b|\blanding/(?!\w+\.json)": "loading",
}
"""Each turn, and what a reader expects instead."""

TURN: Final = re.compile("|".join(f"({turn})" for turn in INSTEAD), re.IGNORECASE)
REPLACED: Final = re.compile(r"\{[^{}]*\}")
"""What an f-string puts in: names, which are not text."""
MEASURED: Final = re.compile(r"<!-- begin: made by.*?<!-- end: made by", re.DOTALL)
"""Tables that a program writes; their labels are those of the measurements."""
TEXT_TOKENS: Final = {"STRING", "COMMENT", "FSTRING_MIDDLE"}


def find_turns(text: str) -> list[str]:
    """The turns in `text`, each with what to write instead."""
    return [
        f"{match[0]!r} (write: {list(INSTEAD.values())[match.lastindex - 1]})"
        for match in TURN.finditer(" ".join(text.split()))
        if match.lastindex
    ]


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """What people read of a file, with its line: paragraphs of a page, comments, docstrings and messages of a module."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if tokenize.tok_name[token.type] in TEXT_TOKENS:
                yield token.start[0], REPLACED.sub("", token.string)
    else:
        line = 1
        for paragraph in MEASURED.sub(lambda table: "\n" * table[0].count("\n"), text).split("\n\n"):
            yield line, paragraph
            line += paragraph.count("\n") + 2


def offenders(path: Path) -> list[str]:
    """The turns of a file, as people look them up."""
    return [f"{path.relative_to(ROOT)}:{line}: {turn}" for line, text in texts_of(path) for turn in find_turns(text)]


EXCEPT: Final = ("src/barograph/store/migration.py",)
"""It names columns of an earlier release."""


def held_files() -> list[Path]:
    """The files that people read, less those in `EXCEPT`."""
    folders = [("src", "*.py"), ("src", "*.cql"), ("dags", "*.py"), ("jobs", "*.py"), ("docs", "*.md")]
    pages = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", ".env.example")]
    files = [*pages, *(path for folder, pattern in folders for path in sorted((ROOT / folder).rglob(pattern)))]
    return [path for path in files if not str(path.relative_to(ROOT)).startswith(EXCEPT)]


def test_text_has_none_of_the_turns_that_readers_stumble_over() -> None:
    assert len(held_files()) > 100
    assert [found for path in held_files() for found in offenders(path)] == []


def test_a_turn_is_found_across_lines_and_only_in_what_people_read(tmp_path: Path) -> None:
    assert find_turns("it was made\nanew, which nobody\nis told") == [
        "'anew' (write: again, recreated)",
        "'nobody' (write: the passive, or no one)",
        "'is told' (write: is logged, is named, gets)",
    ]
    assert find_turns("a value stands for its hour, to 2 decimal places, and is told apart") == []
    module = tmp_path / "module.py"
    module.write_text('places = 1  # beside\nraise ValueError(f"{places} of two places")\n')
    assert [line for line, text in texts_of(module) if find_turns(text)] == [1, 2]


DECISION: Final = re.compile(r"# \d{4}: .+\n.*?\*\*Without it:\*\* .+\*\*Decided:\*\*\s.+\*\*Costs:\*\* .+", re.DOTALL)
DECISIONS: Final = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))


def test_every_decision_says_what_would_be_without_it_what_is_decided_and_what_it_costs() -> None:
    assert len(DECISIONS) > 40
    assert [path.name for path in DECISIONS if not DECISION.match(path.read_text(encoding="utf-8"))] == []


def test_the_index_of_decisions_has_each_under_its_title() -> None:
    titles = [(path, path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").split(": ", 1)) for path in DECISIONS]
    lines = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8").splitlines()
    expected = [f"| [{number}]({path.name}) | {title} |" for path, (number, title) in titles]
    assert [line for line in lines if line.startswith("| [")] == expected
