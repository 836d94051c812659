"""What we run on is Python 3.11.0 and newer: nothing may need more, not even what 3.11.4 brought.

mypy knows what came with 3.12, but takes what was brought back to a later 3.11 as always there. vermin, in `make lint`, knows
that too, but sees it only where an import shows it: not in a method of a variable. So its table of newer arguments is compared
here with every call, by name alone. Modules that 3.12 removed warn in 3.11, and in the tests warnings are errors.
"""

import ast
from pathlib import Path

import pytest
from vermin import Config
from vermin.rules import KWARGS_REQS

ROOT = Path(__file__).parents[2]
OLDEST = (3, 11)
FILES = sorted(ROOT.glob("[!.]*/**/*.py"))


def newer_arguments() -> set[tuple[str, str]]:
    """Function or method without its module or class, and an argument of it that 3.11.0 does not have."""
    requirements = KWARGS_REQS(Config()).items()
    return {
        (name.rpartition(".")[2], argument) for (name, argument), (_, version) in requirements if version and version > OLDEST
    }


def newer_calls(tree: ast.AST) -> list[str]:
    """Calls, by line, of a name with an argument that is newer."""
    newer = newer_arguments()
    return [
        f"{call.lineno}: {name}(…, {keyword.arg}=…)"
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and (name := getattr(call.func, "attr", getattr(call.func, "id", "")))
        for keyword in call.keywords
        if (name, keyword.arg) in newer
    ]


def test_no_call_has_an_argument_that_the_oldest_python_lacks() -> None:
    calls = {str(path.relative_to(ROOT)): newer_calls(ast.parse(path.read_text(encoding="utf-8"))) for path in FILES}
    assert {name: lines for name, lines in calls.items() if lines} == {}
    assert len(FILES) > 300


@pytest.mark.parametrize(
    "call",
    ['files.extractall(folder, filter="data")', 'unpack_archive(a, b, filter="data")', "parser.getaddresses(x, strict=True)"],
)
def test_an_argument_that_a_later_3_11_brought_would_be_seen(call: str) -> None:
    assert len(newer_calls(ast.parse(call))) == 1
