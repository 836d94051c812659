"""Regular expressions on hostile text (ReDoS): each pattern of the project takes time in proportion to the text.

The structure of a pattern says so, without a clock. A pattern takes longer when two repetitions without a bound can share a text
between them in many ways: side by side (`[0-9]+[0-9]*`), one inside the other (`(a+)+`), or a repetition that is begun at every
character of the text, as a search that is not anchored does (`.*x`).
"""

import ast
import re._constants as op  # type: ignore[import-not-found]  # typeshed leaves it out
import re._parser as parser  # type: ignore[import-not-found]  # typeshed leaves it out
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
MODULES: Final = [path for folder in ("src", "stack", "dags", "jobs") for path in sorted((ROOT / folder).rglob("*.py"))]
ANCHORED: Final = frozenset(("match", "fullmatch"))
COMPILED: Final = frozenset(("compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer"))

Letters = frozenset[str]
ALL: Final[Letters] = frozenset(map(chr, range(128))) | {"é"}
"""ASCII, and one letter that stands for all others."""
CATEGORIES: Final[dict[Any, Callable[[str], bool]]] = {
    op.CATEGORY_DIGIT: str.isdigit,
    op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_WORD: lambda letter: letter.isalnum() or letter == "_",
}


@dataclass(frozen=True)
class Part:
    """What one place of a pattern takes; `is_endless`: again and again."""

    letters: Letters
    is_endless: bool = False


BEGUN_ANYWHERE: Final = Part(ALL, is_endless=True)
Way = tuple[Part, ...]
"""The parts that a text must pass one after the other, endless ones and those that take at least one letter."""


def letters_in(members: Any) -> Letters:  # noqa: ANN401  # the parser's lists
    """The letters of a set such as `[a-z_]`."""
    found: set[str] = set()
    is_negated = False
    for kind, value in members:
        if kind is op.NEGATE:
            is_negated = True
        elif kind is op.LITERAL:
            found |= either_case(chr(value))
        elif kind is op.RANGE:
            found |= {letter for letter in ALL if value[0] <= ord(letter) <= value[1]}
        else:
            test = CATEGORIES.get(value) or CATEGORIES[getattr(op, str(value).replace("_NOT_", "_"))]
            found |= {letter for letter in ALL if test(letter) != ("_NOT_" in str(value))}
    return ALL - found if is_negated else frozenset(found)


def either_case(letter: str) -> Letters:
    """A letter in both cases: a flag may make them the same."""
    return frozenset((letter.lower(), letter.upper()) if letter in ALL else ("é",))


ONE_LETTER: Final[dict[Any, Callable[[Any], Letters]]] = {
    op.LITERAL: lambda code: either_case(chr(code)),
    op.NOT_LITERAL: lambda code: ALL - {chr(code)},
    op.ANY: lambda _: ALL - {"\n"},
    op.IN: letters_in,
}


def paths(items: Any) -> Iterator[Way]:  # noqa: ANN401  # the parser's lists
    """Every way through a part of a pattern; a repetition of something with repetitions inside is gone through twice."""
    if not items:
        yield ()
        return
    (kind, value), rest = items[0], items[1:]
    for head in ways(kind, value):
        for tail in paths(rest):
            yield head + tail


def ways(kind: Any, value: Any) -> Iterator[Way]:  # noqa: ANN401  # the parser's constants
    """The ways through one item."""
    if kind in ONE_LETTER:
        yield (Part(ONE_LETTER[kind](value)),)
    elif kind is op.SUBPATTERN:
        yield from paths(list(value[-1]))
    elif kind is op.BRANCH:
        for branch in value[1]:
            yield from paths(list(branch))
    elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
        yield from repetitions(value[0], value[1], list(value[2]))
    elif kind is op.ASSERT and value[0] < 0:  # what is looked back at is part of the way to what follows
        yield from paths(list(value[1]))
    elif kind is op.AT and value in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
        yield (Part(frozenset()),)  # no text passes between what comes before and what follows
    elif kind in (op.AT, op.ASSERT, op.ASSERT_NOT):
        yield ()
    else:
        pytest.fail(f"{kind} is not known: teach this test what it takes")


def repetitions(least: int, most: Any, body: list[Any]) -> Iterator[Way]:  # noqa: ANN401  # the parser's constants
    """The ways through a repetition: none of it where it may be left out, all of it, and twice where that is not bounded."""
    if least == 0:
        yield ()
    for once in paths(body):
        if most is not op.MAXREPEAT:
            yield once
        elif any(part.is_endless for part in once):
            yield once + once
        else:
            yield (Part(frozenset().union(*(part.letters for part in once)), is_endless=True),)


def shared(way: Way) -> bool:
    """Whether two endless parts can take the same text, and nothing between them says where one ends."""
    for at, first in enumerate(way):
        if first.is_endless:
            for following in range(at + 1, len(way)):
                second = way[following]
                between = [part.letters for part in way[at + 1 : following] if not part.is_endless]
                is_divided = any(not letters & first.letters or not letters & second.letters for letters in between)
                if second.is_endless and first.letters & second.letters and not is_divided:
                    return True
    return False


def is_slow(pattern: str, *, is_anchored: bool) -> bool:
    """Whether a hostile text makes `pattern` take longer than in proportion to it."""
    before = () if is_anchored else (BEGUN_ANYWHERE,)
    return any(shared(before + way) for way in paths(list(parser.parse(pattern))))


def text_of(node: ast.expr) -> str | None:
    """The pattern that an argument is; what an f-string puts in counts as one letter. None = it is no literal."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
    if not isinstance(node, ast.Constant):
        return None
    return node.value.decode("latin-1") if isinstance(node.value, bytes) else str(node.value)


def uses_of(name: str, tree: ast.AST) -> set[str]:
    """The methods that are called of a module's pattern."""
    return {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == name
    }


def patterns_of(tree: ast.AST) -> Iterator[tuple[int, str, bool]]:
    """Line, pattern and whether it is anchored, of every regular expression of a module."""
    names = {
        id(node.value): ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "re":
            method = node.func.attr
            if method not in COMPILED:
                continue
            pattern = text_of(node.args[0])
            assert pattern is not None, f"line {node.lineno}: {ast.unparse(node)} is no literal"
            used = uses_of(names[id(node)], tree) if method == "compile" and id(node) in names else {method}
            yield node.lineno, pattern, bool(used) and used <= ANCHORED


FOUND: Final = [
    pytest.param(pattern, is_anchored, id=f"{path.relative_to(ROOT)}:{line}")
    for path in MODULES
    for line, pattern, is_anchored in patterns_of(ast.parse(path.read_text(encoding="utf-8")))
]


def test_the_patterns_are_found() -> None:
    assert len(FOUND) > 50


@pytest.mark.parametrize(("pattern", "is_anchored"), FOUND)
def test_no_text_makes_a_pattern_slow(pattern: str, is_anchored: bool) -> None:
    assert not is_slow(pattern, is_anchored=is_anchored)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        r"(\w+\s?)*!",
        "[0-9]+[.]?[0-9]*x",
        "[0-9+., -]*[.,][0-9+., -]*",
        "(a|ab)*(ba|a)*x",
        r"\s*,?\s*x",
    ],
)
def test_a_slow_pattern_is_found(pattern: str) -> None:
    assert is_slow(pattern, is_anchored=True)


@pytest.mark.parametrize("pattern", ["x.*y", r"\s+$", "a+b"])
def test_a_pattern_that_is_slow_only_where_it_is_searched_for_is_found(pattern: str) -> None:
    assert is_slow(pattern, is_anchored=False)
    assert not is_slow(pattern, is_anchored=True)


def test_a_pattern_of_one_repetition_and_of_divided_ones_is_fast() -> None:
    assert not is_slow("^a+b", is_anchored=False)
    assert not is_slow(r"(\w+\.)*\w+", is_anchored=True)
    assert not is_slow(r'"[^"]*"', is_anchored=False)
