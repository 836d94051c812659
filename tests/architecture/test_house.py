"""The rules of the house, and its figures."""

import ast
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "barograph").rglob("*.py"))
OURS = [*SOURCES, *sorted((ROOT / "dags").glob("*.py")), *sorted((ROOT / "jobs").glob("*.py"))]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    """The path as people write it."""
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    """The parsed module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def broad_excepts(tree: ast.AST) -> list[int]:
    """Lines of handlers that catch Exception, anything wider, or anything at all."""
    wide = {"Exception", "BaseException"}
    handlers = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    return [
        handler.lineno
        for handler in handlers
        if handler.type is None or any(isinstance(node, ast.Name) and node.id in wide for node in ast.walk(handler.type))
    ]


def environment_reads(tree: ast.AST) -> list[int]:
    """Lines that look at the environment."""
    names = {"environ", "getenv", "environb", "dotenv_values", "load_dotenv"}
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.ImportFrom) and any(alias.name in names for alias in node.names))
    ]


def test_there_is_something_to_check() -> None:
    assert len(SOURCES) > 30


def test_imports_follow_the_way_of_the_data() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--config", "pyproject.toml", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("path", [path for path in OURS if path.name != "settings.py"], ids=name_of)
def test_only_the_settings_read_the_environment(path: Path) -> None:
    assert environment_reads(tree_of(path)) == []


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_nothing_catches_everything(path: Path) -> None:
    assert broad_excepts(tree_of(path)) == []


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_a_module_is_named_by_what_it_knows(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "common", "misc", "base"}


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_every_exception_to_a_rule_names_the_rule_and_the_reason(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "noqa" in line or "type: ignore" in line]
    assert [line for line in lines if not is_reasoned(line)] == []


def is_reasoned(line: str) -> bool:
    """Whether a `noqa: RULE` or `type: ignore[rule]` is followed by a comment that says why."""
    mark = line.rpartition("noqa")[2] if "noqa" in line else line.rpartition("type: ignore")[2]
    return mark[:1] in {":", "["} and "#" in mark


PLUGINS = """
import sys
from pathlib import Path
from airflow._shared.plugins_manager.plugins_manager import _load_plugins_from_plugin_directory
folder = sys.argv[1]
before = dict(sys.modules)
_load_plugins_from_plugin_directory(folder)
stems = {path.stem for path in Path(folder).rglob("*.py")}
registered = {name for name in sys.modules if name not in before or sys.modules[name] is not before[name]}
foreign = sorted(name for name in stems & set(sys.modules) if not name.startswith("barograph") or name in before)
mine = [name for name in registered if str(getattr(sys.modules[name], "__file__", "")).startswith(folder)]
print("foreign", sorted({*foreign, *(name for name in mine if not name.startswith("barograph"))}))
"""


def foreign_modules(folder: Path) -> str:
    """What Airflow's plugin loader registers for `folder` under a name that is not ours."""
    done = subprocess.run([sys.executable, "-c", PLUGINS, str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()[-1]


def test_plugins_register_no_module_under_a_foreign_name() -> None:
    assert foreign_modules(ROOT / "plugins") == "foreign []"


def test_a_plugin_under_a_foreign_name_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "kafka.py").touch()
    (tmp_path / "barograph_views.py").touch()
    assert foreign_modules(tmp_path) == "foreign ['kafka']"


def functions_of(path: Path) -> Iterator[Function]:
    """Every function and method of a module."""
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, Function))


def is_typed(function: Function) -> bool:
    """Whether all arguments and the result have a type."""
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    every += [one for one in (function.args.vararg, function.args.kwarg) if one]
    return function.returns is not None and all(one.annotation for one in every if one.arg not in {"self", "cls"})


def share(part: int, whole: int) -> str:
    """A share in percent."""
    return f"{100 * part / whole:.1f}%" if whole else "-"


def test_the_figures_of_the_house(record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]) -> None:
    functions = [function for path in OURS for function in functions_of(path)]
    public = [function for function in functions if not function.name.startswith("_")]
    long = [one for one in functions if (one.end_lineno or one.lineno) - one.lineno + 1 > 50]
    figures = {
        "median file, lines": statistics.median(len(path.read_text(encoding="utf-8").splitlines()) for path in OURS),
        "functions > 50 lines": share(len(long), len(functions)),
        "fully typed": share(sum(map(is_typed, functions)), len(functions)),
        "documented": share(sum(ast.get_docstring(one) is not None for one in public), len(public)),
        "broad excepts": sum(len(broad_excepts(tree_of(path))) for path in OURS),
    }
    for name, figure in figures.items():
        record_property(name, str(figure))
    with capsys.disabled():
        print(f"\nbarograph: {', '.join(f'{name} {figure}' for name, figure in figures.items())}")
    assert functions
