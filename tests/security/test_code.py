"""What the code itself must not do with text of others: build statements from it, revive objects out of it, print it as it is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
MODULES: Final = [path for folder in ("src", "stack", "dags", "jobs") for path in sorted((ROOT / folder).rglob("*.py"))]

STATEMENT: Final = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE|ALTER|CREATE|DROP|TRUNCATE|GRANT|REVOKE|WHERE|AND|SET)\b")
"""What makes a text CQL or SQL."""

IN_STATEMENTS: Final = {
    "settings.cassandra_keyspace": "a setting held to a pattern (setting_rules.Identifier)",
    "self._settings.cassandra_keyspace": "the same",
    "table": "a table of schema.cql, or a setting held to the pattern",
    "store.settings.sink_table(resolution)": "a setting held to the pattern",
    "column": "the column of a known variable, or one of the schema",
    "columns": "columns of the schema, or of known variables",
    "names": "columns of the schema",
    "time": "the time column of a resolution",
    "where": "conditions with marks for values",
    "select": "a statement of this function",
    "_where()": "a mark for each column of the key",
    "where_within(resolution)": "the same for a resolution",
    "ROW": "a constant",
    "COLUMNS": "a constant",
    "KEPT_S": "a constant number",
    "original": "a table of schema.cql",
    "copy": "the same",
    "statement": "a statement of schema.cql",
    "told": "columns of the schema",
    "', '.join((*KEY, *cells, *times))": "constants and columns of the schema",
    "', '.join((*KEY, *NOTE))": "constants",
    "', '.join(CONTENT)": "a constant",
    "', '.join(KEY)": "a constant",
    "', '.join(columns)": "constants",
    "', '.join(names)": "columns of the schema",
    "', '.join('?' * len(columns))": "marks",
    "', '.join(map(column_of, variables))": "columns of known variables",
    "' AND '.join((f'{name} = ?' for name in columns))": "a mark for each column",
}
"""What may be put into a statement, and why it holds no text of others: those are bound (`?`) as values."""

SHOWN: Final = ("src/barograph/store/ledger_rows.py", "stack/show_weather.py", "stack/postgres.py")
"""Statements that people copy, with quotes doubled; and one that sets a password, likewise."""

REVIVING: Final = frozenset(
    ("pickle", "cPickle", "_pickle", "cloudpickle", "dill", "shelve", "marshal", "joblib", "jsonpickle", "yaml", "xml", "lxml")
)
"""Modules that make objects out of text, or follow references in it."""

RUNNING: Final = frozenset(("eval", "exec", "compile", "__import__", "execfile"))
BY_SHELL: Final = frozenset(("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"))
PYTHON_IN_SPARK: Final = frozenset(
    ("udf", "pandas_udf", "rdd", "mapPartitions", "foreachPartition", "foreach", "foreachBatch", "applyInPandas", "mapInPandas")
)
"""What Spark sends to its workers by pickle."""


def tree_of(path: Path) -> ast.Module:
    """The parsed module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    """A module as people look it up."""
    return str(path.relative_to(ROOT))


def put_into_statements(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and expression of whatever an f-string puts into a statement."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
            if STATEMENT.search(text):
                yield from (
                    (node.lineno, ast.unparse(part.value)) for part in node.values if isinstance(part, ast.FormattedValue)
                )


def test_statements_hold_only_names_that_the_code_knows() -> None:
    found = [(name_of(path), *put) for path in MODULES for put in put_into_statements(tree_of(path))]
    assert len(found) > 30
    strangers = [one for one in found if one[2] not in IN_STATEMENTS and one[0] not in SHOWN]
    assert [one for one in strangers if one[0].startswith(("src/barograph/store/", "src/barograph/sinks/", "stack/"))] == []
    assert strangers == []


def test_a_value_that_is_put_into_a_statement_is_found() -> None:
    tree = ast.parse("session.execute(f\"SELECT * FROM {table} WHERE location_id = '{location_id}'\")")
    assert [put for _, put in put_into_statements(tree)] == ["table", "location_id"]


def calls_of(tree: ast.AST, *methods: str) -> Iterator[ast.Call]:
    """Calls of a method with one of these names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods:
            yield node


def test_conditions_of_spark_are_constants_or_columns() -> None:
    found = [
        (name_of(path), node.lineno)
        for path in MODULES
        for node in calls_of(tree_of(path), "where", "filter", "expr", "selectExpr", "sql")
        if any(isinstance(argument, ast.JoinedStr | ast.BinOp) for argument in node.args)
        and not any(isinstance(part, ast.Call) and ast.unparse(part.func) == "f.col" for part in ast.walk(node))
    ]
    assert found == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_revives_objects_runs_text_or_starts_a_shell(path: Path) -> None:
    tree = tree_of(path)
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    called = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    run = {node.func.id for node in called if isinstance(node.func, ast.Name)} & RUNNING
    by_shell = {ast.unparse(node.func) for node in called} & BY_SHELL
    with_shell = [node.lineno for node in called for keyword in node.keywords if keyword.arg == "shell"]
    sent = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & PYTHON_IN_SPARK
    assert (imported & REVIVING, run, by_shell, with_shell, sent) == (set(), set(), set(), [], set())


PRINTING: Final = frozenset(
    ("typer.echo", "typer.secho", "click.echo", "print", "rich.print", "sys.stdout.write", "sys.stderr.write")
)
CONSOLES: Final = ("src/barograph/cli/console.py",)


def test_commands_print_by_the_console_that_shows_escapes() -> None:
    found = [
        (name_of(path), node.lineno)
        for path in sorted((ROOT / "src/barograph/cli").rglob("*.py"))
        if name_of(path) not in CONSOLES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PRINTING
    ]
    assert found == []


def test_only_the_two_consoles_are_made() -> None:
    made = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Console", "rich.console.Console", "rich.get_console"}
    }
    assert made == set()
