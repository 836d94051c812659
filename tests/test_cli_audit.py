from pathlib import Path

import pytest

from barograph.cli.audit import spark_command
from barograph.errors import RequestRefused
from barograph.settings import Settings


def test_the_audit_runs_the_repositorys_job_with_local_jars_and_no_secret(tmp_path: Path) -> None:
    for name in ("b.jar", "a.jar"):
        (tmp_path / name).touch()
    command = spark_command(Settings(spark_jars_dir=str(tmp_path), spark_driver_memory="700m"), "audit_observations.py")
    assert Path(command[-1]).read_text(encoding="utf-8").startswith('"""spark-submit entry')
    assert command[command.index("--jars") + 1] == f"{tmp_path}/a.jar,{tmp_path}/b.jar"
    assert command[command.index("--driver-memory") + 1] == "700m"
    assert [part for part in command if "password" in part.lower() or part == "--packages"] == []


def test_without_jars_it_says_how_to_run_it(tmp_path: Path) -> None:
    with pytest.raises(RequestRefused, match=r"no jars in SPARK_JARS_DIR=.*: run it as \./startup\.sh barograph audit"):
        spark_command(Settings(spark_jars_dir=str(tmp_path)), "audit_observations.py")
