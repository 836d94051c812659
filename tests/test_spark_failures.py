"""What Spark 3.5.7 on Java 17 printed for each cause, shortened; the code is spark-submit's, negative for a signal."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

import pytest
from typer.testing import CliRunner, Result

from barograph.cli import app
from barograph.settings import Settings, get_settings
from barograph.spark_failures import Failure, SparkOutput
from tests.failure.last_lines import is_clear

TRACEBACK = """\
Traceback (most recent call last):
  File "/srv/barograph/jobs/load_observations.py", line 6, in <module>
    main()
  File "/srv/.venv/lib/python3.11/site-packages/py4j/protocol.py", line 326, in get_return_value
py4j.protocol.Py4JJavaError: An error occurred while calling None.org.apache.spark.api.java.JavaSparkContext.
"""
DRIVER_MEMORY = f"""\
ERROR SparkContext: Error initializing SparkContext.
org.apache.spark.SparkIllegalArgumentException: [INVALID_DRIVER_MEMORY] System memory 314572800 must be at least 471859200.
	at org.apache.spark.errors.SparkCoreErrors$.invalidDriverMemory(SparkCoreErrors.scala:1)
{TRACEBACK}: org.apache.spark.SparkIllegalArgumentException: [INVALID_DRIVER_MEMORY] System memory is too little.
"""
HEAP_WORD = """\
Invalid maximum heap size: -Xmxlots
Error: Could not create the Java Virtual Machine.
Error: A fatal exception has occurred. Program will exit.
"""
HEAP_SMALL = "Error occurred during initialization of VM\nToo small maximum heap\n"
MACHINE_MEMORY = "Error occurred during initialization of VM\nCould not allocate compressed class space: 1073741824 bytes\n"
NO_JAR = """\
WARN DependencyUtils: Local jar /srv/jars/a.jar does not exist, skipping.
ERROR SparkContext: Failed to add file:/srv/jars/a.jar to Spark environment
java.io.FileNotFoundException: Jar /srv/jars/a.jar not found
WARN SparkSession: Cannot use com.datastax.spark.connector.CassandraSparkExtensions to configure session extensions.
java.lang.ClassNotFoundException: com.datastax.spark.connector.CassandraSparkExtensions
"""
NO_KAFKA = (
    "barograph: load failed in Spark: Failed to find data source: kafka. Please deploy the application; clear the load task\n"
)
NO_FOLDER = """\
ERROR JavaUtils: Failed to create directory /srv/tmp/blockmgr-54a1f98b
java.nio.file.NoSuchFileException: /srv/tmp
ERROR DiskBlockManager: Failed to create local dir in /srv/tmp. Ignoring this directory.
java.io.IOException: Failed to create a temp directory (under /srv/tmp) after 10 attempts!
ERROR DiskBlockManager: Failed to create any local dir.
"""
DISK_FULL = """\
ERROR TaskMemoryManager: error while calling spill() on org.apache.spark.util.collection.unsafe.sort.UnsafeExternalSorter@6dd8f75d
java.io.IOException: No space left on device
ERROR Executor: Exception in task 0.0 in stage 0.0 (TID 0)
org.apache.spark.memory.SparkOutOfMemoryError: error while calling spill() : No space left on device
"""
HEAP_FULL = """\
ERROR Executor: Exception in task 0.0 in stage 0.0 (TID 0)
java.lang.OutOfMemoryError: Java heap space
ERROR SparkUncaughtExceptionHandler: Uncaught exception in thread Thread[Executor task launch worker,5,main]
java.lang.OutOfMemoryError: Java heap space
"""
NO_JAVA = "spark-class: line 71: /srv/java/bin/java: No such file or directory\nspark-class: line 97: CMD: bad array subscript\n"
NO_PYTHON = """\
/srv/.venv/bin/find-spark-home: line 40: /srv/python: No such file or directory
/srv/.venv/bin/spark-submit: line 27: /bin/spark-class: No such file or directory
"""
ADDRESS = f"""\
WARN Utils: Service 'sparkDriver' could not bind on a random free port.
ERROR SparkContext: Error initializing SparkContext.
java.net.BindException: Cannot assign requested address: Service 'sparkDriver' failed after 16 retries (on a random free port)!
{TRACEBACK}"""
MASTER = f"""\
WARN StandaloneAppClient$ClientEndpoint: Failed to connect to master 127.0.0.1:1
org.apache.spark.SparkException: Exception thrown in awaitResult: 
Caused by: java.net.ConnectException: Connection refused
ERROR StandaloneSchedulerBackend: Application has been killed. Reason: All masters are unresponsive! Giving up.
{TRACEBACK}: java.lang.IllegalStateException: LiveListenerBus is stopped.
"""  # noqa: W291  # as Spark prints it
SETTINGS = Settings.model_construct(  # 300m is refused at start; a value that Spark refuses may still come
    spark_driver_memory="300m", jars_dir=Path("/srv/jars"), listen_host="10.9.9.9", spark_master="spark://m:1"
)


def explain(printed: str, exit_code: int = 1) -> Failure:
    """What is told of a spark-submit that printed this."""
    output = SparkOutput()
    assert "".join(output.read(printed.splitlines(keepends=True))) == printed
    return output.explain(exit_code, SETTINGS)


@pytest.mark.parametrize(
    ("printed", "exit_code", "cause", "remedy", "is_permanent"),
    [
        pytest.param(DRIVER_MEMORY, 1, "[INVALID_DRIVER_MEMORY] System", "SPARK_DRIVER_MEMORY is 300m: set", True, id="memory"),
        pytest.param(HEAP_WORD, 1, "Invalid maximum heap size: -Xmxlots", "SPARK_DRIVER_MEMORY is", True, id="no size"),
        pytest.param(HEAP_SMALL, 1, "Too small maximum heap", "SPARK_DRIVER_MEMORY is", True, id="a byte"),
        pytest.param(MACHINE_MEMORY, 1, "Could not allocate compressed", "stop other programs", False, id="machine full"),
        pytest.param(NO_JAR, 1, "Local jar /srv/jars/a.jar does not exist", "the jars in /srv/jars/spark are", True, id="no jar"),
        pytest.param(NO_KAFKA, 1, "Failed to find data source: kafka", "in /srv/jars/spark are", True, id="jar left out"),
        pytest.param(NO_FOLDER, 53, "Failed to create local dir in /srv/tmp", "make this folder writable", True, id="no folder"),
        pytest.param(DISK_FULL, 1, "No space left on device", f"are in {gettempdir()}: make room", False, id="disk full"),
        pytest.param(HEAP_FULL, 52, "OutOfMemoryError: Java heap space", "raise SPARK_DRIVER_MEMORY (300m)", False, id="heap"),
        pytest.param(NO_JAVA, 1, "bin/java: No such file", "install it", True, id="no java"),
        pytest.param("JAVA_HOME is not set\n", 1, "JAVA_HOME is not set", "install it", True, id="no java at all"),
        pytest.param(NO_PYTHON, 127, "/srv/python: No such file", "./startup.sh install", True, id="no python"),
        pytest.param("python: can't open file 'x.py': [Errno 2]\n", 2, "can't open", "find the program in", True, id="no job"),
        pytest.param(ADDRESS, 1, "Cannot assign requested address", "LISTEN_HOST (10.9.9.9)", True, id="address"),
        pytest.param("java.net.UnknownHostException: m: Name or service not known\n", 1, "UnknownHostException: m", "/etc/hosts",
                     False, id="host"),
        pytest.param("java.net.BindException: Address already in use\n", 1, "in use", "stop it", False, id="port"),
        pytest.param(MASTER, 1, "Failed to connect to master 127.0.0.1:1", "look at the Spark master", False, id="master"),
        pytest.param('Exception in thread "main" org.apache.spark.SparkException: Master must either be yarn or local\n',
                     1, "SparkException: Master must", "SPARK_MASTER (spark://m:1)", True, id="bad master"),
        pytest.param("ERROR TaskSchedulerImpl: Lost executor 0 on m: Command exited with code 137\n", 1, "Lost executor 0",
                     "look at Spark's workers", False, id="executor"),
        pytest.param("landing 1 attempts\n", -9, "killed (SIGKILL)", "lower SPARK_DRIVER_MEMORY (300m)", False, id="JVM killed"),
        pytest.param(NO_JAR, 137, "killed (SIGKILL)", "clear this task", False, id="its Python killed, whatever was warned of"),
        pytest.param("landing 1 attempts\n", 143, "stopped (SIGTERM)", "clear this task", False, id="stopped"),
        pytest.param("# SIGSEGV\n", -6, "crashed (SIGABRT)", "hs_err_pid", False, id="JVM crashed"),
        pytest.param(f"{TRACEBACK}: java.lang.IllegalStateException: x is stopped.\n", 1, "IllegalStateException: x is stopped.",
                     "look at the log above", False, id="any other exception"),
        pytest.param("a word\n  more\n\n", 1, "(exit code 1): a word;", "look at the log above", False, id="no exception"),
        pytest.param("", 1, "it printed nothing", "look at the log above", False, id="nothing"),
    ],
)  # fmt: skip
def test_what_ended_spark_is_one_line_with_cause_and_remedy(
    printed: str, exit_code: int, cause: str, remedy: str, is_permanent: bool
) -> None:
    failure = explain(printed, exit_code)
    assert cause in failure.message
    assert remedy in failure.message[failure.message.index(cause) :]
    assert failure.is_permanent is is_permanent
    assert "\n" not in failure.message
    assert is_clear(failure.message)


def test_the_words_of_the_job_win_over_what_was_printed_around_them() -> None:
    said = "barograph: load failed: Cassandra does not answer; look at Cassandra, then try again"
    assert explain(f"{NO_JAR}{said}\nWARN something of Spark\n") == Failure(said)


def test_a_list_below_the_words_of_the_job_belongs_to_them() -> None:
    said = "barograph: load failed permanently: 2 attempts are bad:\n- one\n- two"
    assert explain(f"- not this\n{said}\nWARN x\n") == Failure(said, is_permanent=True)


def test_a_failure_in_spark_that_no_cause_explains_stays_in_the_words_of_the_job() -> None:
    said = "barograph: load failed in Spark: it broke; clear the load task"
    assert explain(said) == Failure(said)


def test_what_the_job_says_of_spark_wins_over_a_warning() -> None:
    assert "Java heap space" in explain(f"{NO_JAR}barograph: load failed in Spark: OutOfMemoryError: Java heap space").message


def test_a_message_of_kilobytes_is_cut() -> None:
    assert len(explain(f"java.lang.OutOfMemoryError: {'x' * 5000}").message) < 600


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A spark-submit that commands find beside their Python, and jars."""
    (tmp_path / "spark").mkdir()
    (tmp_path / "spark/a.jar").touch()
    for name, value in {"JARS_DIR": str(tmp_path), "SPARK_DRIVER_MEMORY": "600m"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    get_settings.cache_clear()
    yield tmp_path / "spark-submit"
    get_settings.cache_clear()


def run_audit(command: Path, script: str) -> Result:
    """`barograph audit` with this spark-submit."""
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    return CliRunner().invoke(app, ["audit"])


def test_a_command_ends_with_the_same_line_and_says_how_to_run_it_again(command: Path) -> None:
    result = run_audit(command, "echo '[INVALID_DRIVER_MEMORY] too little' >&2; exit 1")
    assert result.exit_code == 1
    assert "SPARK_DRIVER_MEMORY is 600m" in result.stderr.splitlines()[-1]
    assert result.stderr.endswith("run ./startup.sh, then run this command again\n")


def test_a_command_does_not_repeat_what_the_job_said(command: Path) -> None:
    result = run_audit(command, "echo 'barograph: audit failed: 1 attempt is not there' >&2; exit 1")
    assert result.stderr.count("audit failed") == 1


def test_a_command_whose_spark_was_killed_is_exit_code_1(command: Path) -> None:
    result = run_audit(command, "kill -9 $$")
    assert (result.exit_code, "Spark was killed (SIGKILL)" in result.stderr) == (1, True)


def test_a_command_without_spark_submit_says_what_to_install(command: Path) -> None:
    result = CliRunner().invoke(app, ["audit"])
    assert (result.exit_code, "./startup.sh install, then run this command again" in result.stderr) == (1, True)
