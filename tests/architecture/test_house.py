"""The rules of the house, and its figures."""

import ast
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from stack.environment import airflow_options
from stack.settings import load_settings
from tests.figures import FIGURES

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "barograph").rglob("*.py"))
OURS = [*SOURCES, *sorted((ROOT / "dags").glob("*.py")), *sorted((ROOT / "jobs").glob("*.py"))]
Function = ast.FunctionDef | ast.AsyncFunctionDef


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


def offenders(find: Callable[[Path], Iterable[object]], paths: Iterable[Path] = OURS) -> list[str]:
    """Every finding with its file, as people write it."""
    return [f"{path.relative_to(ROOT)}: {found}" for path in paths for found in find(path)]


def test_only_the_settings_read_the_environment() -> None:
    others = [path for path in OURS if path.name != "settings.py"]
    assert offenders(lambda path: environment_reads(tree_of(path)), others) == []


def test_nothing_catches_everything() -> None:
    assert offenders(lambda path: broad_excepts(tree_of(path))) == []


def test_a_module_is_named_by_what_it_knows() -> None:
    assert {path.stem for path in OURS}.isdisjoint({"utils", "util", "helpers", "common", "misc", "base"})


def test_every_exception_to_a_rule_names_the_rule_and_the_reason() -> None:
    assert offenders(unreasoned_lines) == []


BAD_MODULE = """
import os
from os import getenv
os.environ["HOME"]
try:
    pass
except (ValueError, Exception):
    pass
except:
    pass
x = 1  # noqa
y = 2  # noqa: E501
z = 3  # noqa: E501  # a table
"""


def test_a_module_that_breaks_the_rules_is_named_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text(BAD_MODULE)
    assert sorted(environment_reads(tree_of(path))) == [3, 4]
    assert broad_excepts(tree_of(path)) == [7, 9]
    assert unreasoned_lines(path) == ["x = 1  # noqa", "y = 2  # noqa: E501"]


def unreasoned_lines(path: Path) -> list[str]:
    """Lines with an exception to a rule that does not say which, or why."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "noqa" in line or "type: ignore" in line]
    return [line for line in lines if not is_reasoned(line)]


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
    assert plugins_folder().parent == ROOT
    files = [path for path in plugins_folder().rglob("*.py") if not path.name.startswith("barograph")]
    assert files == [], "Airflow registers each of them under its bare name: name it barograph_…"
    assert foreign_modules(plugins_folder()) == "foreign []"


def plugins_folder() -> Path:
    """Where the stack's Airflow looks for plugins."""
    return Path(airflow_options(load_settings())["CORE__PLUGINS_FOLDER"])


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


def figures(paths: Sequence[Path]) -> dict[str, str]:
    """What style.md counts of other projects, counted of these files."""
    functions = [function for path in paths for function in functions_of(path)]
    public = [function for function in functions if not function.name.startswith("_")]
    long = [one for one in functions if (one.end_lineno or one.lineno) - one.lineno + 1 > 50]
    return {
        "median file, lines": f"{statistics.median(len(path.read_text(encoding='utf-8').splitlines()) for path in paths):g}",
        "functions > 50 lines": share(len(long), len(functions)),
        "fully typed": share(sum(map(is_typed, functions)), len(functions)),
        "documented": share(sum(ast.get_docstring(one) is not None for one in public), len(public)),
        "broad excepts": str(sum(len(broad_excepts(tree_of(path))) for path in paths)),
    }


def test_figures_are_counted_as_one_would_by_hand(tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.py", tmp_path / "good.py"
    bad.write_text(BAD_MODULE + "def public(x): return x\ndef _long() -> None:\n" + "    y = 1\n" * 50)
    good.write_text('def public(x: int) -> int:\n    """Itself."""\n    return x\n\ndef _private() -> None: ...\n')
    assert figures([bad, good]) == {
        "median file, lines": "35",  # 65 and 5
        "functions > 50 lines": "25.0%",
        "fully typed": "75.0%",
        "documented": "50.0%",
        "broad excepts": "2",
    }


def test_the_figures_of_the_house_are_printed_at_the_end(record_property: Callable[[str, object], None]) -> None:
    counted = figures(OURS)
    record_property(FIGURES, ", ".join(f"{name} {figure}" for name, figure in counted.items()))
    assert "-" not in counted.values()  # a share of nothing; they are there to be read, and none is a limit
