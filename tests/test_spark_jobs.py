import sys
from pathlib import Path
from tempfile import gettempdir

import pytest

from barograph.errors import RequestRefused
from barograph.settings import Settings
from barograph.spark_jobs import class_archive, find_jars, job_conf, submit_command


def test_the_command_takes_local_jars_this_python_and_the_arguments_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "job.py").touch()
    (tmp_path / "b.jar").touch()
    (tmp_path / "a.jar").touch()
    settings = Settings(spark_jars_dir=str(tmp_path), jobs_dir=str(tmp_path), spark_driver_memory="700m")
    command = submit_command("job.py", ["--reason=a b; c"], settings)
    assert command[0] == str(Path(sys.executable).with_name("spark-submit"))
    assert command[command.index("--jars") + 1] == f"{tmp_path}/a.jar,{tmp_path}/b.jar"
    assert command[command.index("--driver-memory") + 1] == "700m"
    assert f"spark.pyspark.python={sys.executable}" in command
    assert command[-2:] == [f"{tmp_path}/job.py", "--reason=a b; c"]


def test_a_job_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestRefused, match=r"no job\.py in JOBS_DIR"):
        submit_command("job.py", [], Settings(jobs_dir=str(tmp_path)))


def test_no_jars_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestRefused, match="no jars in SPARK_JARS_DIR"):
        find_jars(Settings(spark_jars_dir=str(tmp_path)))


@pytest.fixture
def jars(tmp_path: Path) -> Settings:
    """Settings with one jar."""
    (tmp_path / "a.jar").write_text("a")
    return Settings(spark_jars_dir=str(tmp_path))


def test_jobs_take_their_classes_from_the_archive_of_exactly_these_jars(jars: Settings, tmp_path: Path) -> None:
    assert "SharedArchiveFile" not in job_conf("jobs", jars)["spark.driver.extraJavaOptions"]
    archive = class_archive(jars)
    archive.touch()
    assert f"-XX:SharedArchiveFile={archive}" in job_conf("jobs", jars)["spark.driver.extraJavaOptions"]
    assert job_conf("jobs", jars)["spark.driver.extraClassPath"] == f"{tmp_path}/a.jar"
    (tmp_path / "a.jar").write_text("another")
    assert "SharedArchiveFile" not in job_conf("jobs", jars)["spark.driver.extraJavaOptions"]


def test_executors_take_jars_and_java_options_of_the_driver_but_not_what_is_its_own(jars: Settings, tmp_path: Path) -> None:
    class_archive(jars).touch()
    conf = job_conf("jobs", jars, is_small=True)
    assert conf["spark.executor.extraClassPath"] == f"{tmp_path}/a.jar"
    options = conf["spark.executor.extraJavaOptions"].split()
    assert {f"-XX:SharedArchiveFile={class_archive(jars)}", "-XX:TieredStopAtLevel=1"} <= set(options)
    assert {one for one in conf["spark.driver.extraJavaOptions"].split() if one not in options} == {
        "-Dlog4j2.configurationFile=file:jobs/log4j2.properties", f"-Djava.io.tmpdir={gettempdir()}",
    }  # fmt: skip


def test_only_small_jobs_are_compiled_quickly_alone(jars: Settings) -> None:
    quick = "-XX:TieredStopAtLevel=1"
    assert quick in job_conf("jobs", jars, is_small=True)["spark.driver.extraJavaOptions"]
    assert quick not in job_conf("jobs", jars)["spark.driver.extraJavaOptions"]
