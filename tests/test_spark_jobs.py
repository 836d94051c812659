import sys
from pathlib import Path
from tempfile import gettempdir

import pytest

from barograph.errors import RequestRefused
from barograph.settings import Settings
from barograph.spark_jobs import JOBS, class_archive, find_jars, job_conf, submit_command


def test_the_command_takes_local_jars_this_python_and_the_arguments_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "job.py").touch()
    for name in ("b", "a"):
        (tmp_path / "spark").mkdir(exist_ok=True)
        (tmp_path / f"spark/{name}.jar").touch()
    settings = Settings(jars_dir=tmp_path, spark_driver_memory="700m")
    command = submit_command(str(tmp_path / "job.py"), ["--reason=a b; c"], settings)
    assert command[0] == str(Path(sys.executable).with_name("spark-submit"))
    assert command[command.index("--jars") + 1] == f"{tmp_path}/spark/a.jar,{tmp_path}/spark/b.jar"
    assert command[command.index("--driver-memory") + 1] == "700m"
    assert f"spark.pyspark.python={sys.executable}" in command
    assert command[-2:] == [f"{tmp_path}/job.py", "--reason=a b; c"]


def test_a_job_that_is_not_there_is_refused() -> None:
    with pytest.raises(RequestRefused, match=rf"{JOBS}/job\.py is not there: install barograph"):
        submit_command("job.py", [], Settings())


def test_the_jobs_are_those_beside_startup_sh() -> None:
    assert (JOBS / "load_observations.py").is_file()
    assert (JOBS.parent / "startup.sh").is_file()


def test_no_jars_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestRefused, match="the folder spark in JARS_DIR"):
        find_jars(Settings(jars_dir=tmp_path))


@pytest.fixture
def jars(tmp_path: Path) -> Settings:
    """Settings with one jar."""
    (tmp_path / "spark").mkdir()
    (tmp_path / "spark/a.jar").write_text("a")
    return Settings(jars_dir=tmp_path)


def test_jobs_take_their_classes_from_the_archive_of_exactly_these_jars(jars: Settings, tmp_path: Path) -> None:
    assert "SharedArchiveFile" not in job_conf(jars)["spark.driver.extraJavaOptions"]
    archive = class_archive(jars)
    archive.touch()
    assert f"-XX:SharedArchiveFile={archive}" in job_conf(jars)["spark.driver.extraJavaOptions"]
    assert job_conf(jars)["spark.driver.extraClassPath"] == f"{tmp_path}/spark/a.jar"
    (tmp_path / "spark/a.jar").write_text("another")
    assert "SharedArchiveFile" not in job_conf(jars)["spark.driver.extraJavaOptions"]


def test_executors_take_jars_and_java_options_of_the_driver_but_not_what_is_its_own(jars: Settings, tmp_path: Path) -> None:
    class_archive(jars).touch()
    conf = job_conf(jars, is_small=True)
    assert conf["spark.executor.extraClassPath"] == f"{tmp_path}/spark/a.jar"
    options = conf["spark.executor.extraJavaOptions"].split()
    assert {f"-XX:SharedArchiveFile={class_archive(jars)}", "-XX:TieredStopAtLevel=1"} <= set(options)
    assert {one for one in conf["spark.driver.extraJavaOptions"].split() if one not in options} == {
        f"-Dlog4j2.configurationFile=file:{JOBS}/log4j2.properties", f"-Djava.io.tmpdir={gettempdir()}",
    }  # fmt: skip


def test_only_small_jobs_are_compiled_quickly_alone(jars: Settings) -> None:
    quick = "-XX:TieredStopAtLevel=1"
    assert quick in job_conf(jars, is_small=True)["spark.driver.extraJavaOptions"]
    assert quick not in job_conf(jars)["spark.driver.extraJavaOptions"]


def test_the_jvms_of_a_job_know_no_zone_but_utc(jars: Settings) -> None:
    conf = job_conf(jars)
    assert [conf[f"spark.{which}.extraJavaOptions"].count("-Duser.timezone=UTC") for which in ("driver", "executor")] == [1, 1]
