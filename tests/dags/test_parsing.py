"""What importing the DAG files does, seen from outside: each test starts a fresh Python."""

import subprocess
import sys
from pathlib import Path

import pytest

from stack.programs import DAG_FIELDS
from tests.orchestration.airflow_home import isolate_airflow

ROOT = Path(__file__).parents[2]

IMPORT_DAGS = """
import importlib.util, sys
def import_dags():
    for path in sorted(__import__("pathlib").Path("dags").glob("*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
"""

BLOCK = """
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Blocked())
"""


def python(code: str) -> str:
    """What a fresh Python prints; it must end well."""
    isolate_airflow()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def watched() -> dict[str, str]:
    """What happens while the DAG files are imported, with Airflow and its providers loaded before."""
    printed = python(
        IMPORT_DAGS
        + """
import airflow.sdk
import airflow.providers.apache.kafka.operators.produce, airflow.providers.apache.spark.operators.spark_submit
opened, connected, read = [], [], []
def watch(event, arguments):
    if event == "open":
        opened.append(str(arguments[0]))
    elif event in ("socket.connect", "socket.getaddrinfo"):
        connected.append(str(arguments))
def refuse(*arguments, **options):
    read.append(str(arguments))
    raise RuntimeError(f"Variable {arguments} was read")
airflow.sdk.Variable.get = refuse
from barograph.settings import Settings, get_settings
get_settings()
fields, get = set(), Settings.__getattribute__
Settings.__getattribute__ = lambda self, name: (name in Settings.model_fields and fields.add(name)) or get(self, name)
sys.addaudithook(watch)
before = set(sys.modules)
import_dags()
data = [name for name in opened if name.endswith((".csv", ".cql", ".json", ".env", ".db"))]
print("modules", *sorted(set(sys.modules) - before))
print("data", data)
print("connected", connected)
print("read", read)
print("opened", len(opened))
print("fields", *sorted(fields))
"""
    )
    return dict(line.split(" ", 1) for line in printed.splitlines() if line.split(" ", 1)[0] in WATCHED)


WATCHED = ("modules", "data", "connected", "read", "opened", "fields")


def test_importing_the_dags_opens_no_data_file(watched: dict[str, str]) -> None:
    assert int(watched["opened"]) > 0  # the hook saw the modules themselves
    assert watched["data"] == "[]"


def test_importing_the_dags_connects_to_nothing(watched: dict[str, str]) -> None:
    assert watched["connected"] == "[]"


def test_importing_the_dags_reads_only_the_settings_that_restart_the_dag_processor(watched: dict[str, str]) -> None:
    assert watched["fields"].split() == sorted(DAG_FIELDS)


def test_importing_the_dags_reads_no_variable(watched: dict[str, str]) -> None:
    assert watched["read"] == "[]"


HEAVY = {"pyspark", "py4j", "pandas", "numpy", "pyarrow", "fastapi", "uvicorn", "typer", "stack", "benchmarks"}
MAX_MODULES = 600
"""A DAG file is parsed again and again. Some 350 modules come on top of Airflow's 1,400, most of them for HTTP and Cassandra."""


def test_importing_the_dags_loads_little_beside_airflow(watched: dict[str, str]) -> None:
    modules = watched["modules"].split()
    assert "barograph.orchestration.produce" in modules
    assert [name for name in modules if name.partition(".")[0] in HEAVY] == []
    assert len(modules) < MAX_MODULES


def test_the_dags_import_without_pyspark() -> None:
    code = IMPORT_DAGS + 'BLOCKED = {"pyspark", "py4j"}\n' + BLOCK + "import_dags()\nprint('fine')"
    assert python(code).endswith("fine\n")


def test_the_jobs_import_without_airflow() -> None:
    jobs = 'sys.path.insert(0, "jobs")\nimport load_observations, replay_quarantine\nprint("fine")'
    code = IMPORT_DAGS + 'BLOCKED = {"airflow"}\n' + BLOCK + jobs
    assert python(code).endswith("fine\n")
