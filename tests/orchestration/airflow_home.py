"""An Airflow of its own for the tests: an empty folder, no examples, no database. Airflow reads it when it is first imported."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def isolate_airflow() -> Path:
    """Point Airflow at a fresh folder, before anything imports it."""
    folder = Path(__file__).parents[2] / ".pytest_cache"
    folder.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="airflow-", dir=folder))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parents[2] / "dags"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }
    return home
