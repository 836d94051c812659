"""Why spark-submit ended: the job's own message, or the line of Spark, Java, Python or the shell that names the cause.

The exit code says next to nothing (1 for nearly everything) and the last line is seldom the cause, so all lines are read.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from signal import Signals
from tempfile import gettempdir
from typing import Final

from barograph.printable import one_line
from barograph.settings import Settings
from barograph.spark_jobs import JOBS

_FAILED: Final = re.compile(r"barograph: \w+ failed(?P<is_permanent> permanently)?(?P<in_spark> in Spark)?\b")
"""Prefix of the last line of a failed job; `is_permanent`: do not retry (`errors.Permanent`)."""

_MAX_CHARS: Final = 300
"""Spark repeats its stack traces inside of messages."""

_BY_SHELL: Final = 128
"""What a shell or a JVM adds to the number of the signal that ended its child."""

_KILLED: Final = frozenset({9, 15})

_DECORATION: Final = re.compile(
    r'^(?:(?:WARN|ERROR|FATAL) [\w$.]+: )?(?:Caused by: |: |Exception in thread "[^"]*" )?(?:(?:[a-z_]\w*\.)+(?=[A-Z]))?'
)
_EXCEPTION: Final = re.compile(r'^(?:Exception in thread "[^"]*" |Caused by: |: )?(?:[\w$]+\.)*[A-Z]\w*(?:Error|Exception)\b')
_CALLED: Final = re.compile(r"An error occurred while calling|^SparkException: Exception thrown in awaitResult")
"""Exceptions that only say where another one came from."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Lines that name one kind of cause, and what to do about it. `{name}` in the remedy is a setting."""

    line: re.Pattern[str]
    remedy: str
    is_permanent: bool = False


_RESTART: Final = "run ./startup.sh, then {again}"
_CAUSES: Final = (
    Cause(
        re.compile(r"\[INVALID_DRIVER_MEMORY\]|Invalid (maximum|initial) heap size|Too small (maximum|initial) heap"),
        "SPARK_DRIVER_MEMORY is {spark_driver_memory}: set it to 450m or more, such as 1g, " + _RESTART,
        is_permanent=True,
    ),
    Cause(
        re.compile(r"\[INVALID_EXECUTOR_MEMORY\]"),
        "set SPARK_EXECUTOR_MEMORY to 450m or more, such as 1g, " + _RESTART,
        is_permanent=True,
    ),
    Cause(
        re.compile(r"insufficient memory for the Java|Cannot allocate memory|Could not (allocate|reserve)|os::commit_memory"),
        "this machine has too little free memory: stop other programs or lower SPARK_DRIVER_MEMORY ({spark_driver_memory}), "
        "then {again}",
    ),
    Cause(
        re.compile(r"No space left on device|Disk quota exceeded"),
        "Spark's temporary files are in {temporary}: make room there, then {again}",
    ),
    Cause(
        re.compile(r"Failed to create (any local|local|a temp) dir|Read-only file system"),
        "Spark cannot write its temporary files: make this folder writable, or set STATE_DIR to another, " + _RESTART,
        is_permanent=True,
    ),
    Cause(re.compile(r"unable to create (new )?native thread"), "raise the limit of processes (ulimit -u), then {again}"),
    Cause(
        re.compile(r"OutOfMemoryError"),
        "raise SPARK_DRIVER_MEMORY ({spark_driver_memory}) or lower CHUNK_OBSERVATIONS ({chunk_observations}), " + _RESTART,
    ),
    Cause(
        re.compile(r"JAVA_HOME is not set|java: (No such file|command not found|not found)|UnsupportedClassVersionError"),
        "Spark needs Java 17: install it, " + _RESTART,
        is_permanent=True,
    ),
    Cause(
        re.compile(
            r"^[^:]*find-spark-home: .*(No such file|Permission denied)|No module named '?(barograph|pyspark)|Cannot run program"
        ),
        "Spark does not find its Python or its packages: run ./startup.sh install, then {again}",
        is_permanent=True,
    ),
    Cause(
        re.compile(r"can't open file '"),
        "Spark does not find the program in {jobs}: install barograph from its repository, by ./startup.sh, then {again}",
        is_permanent=True,
    ),
    Cause(
        re.compile(
            r"Failed to find data source|[Jj]ar \S+ (not found|does not exist)|ClassNotFoundException|NoClassDefFoundError"
            r"|NoSuchMethodError|ZipException|opening zip file"
        ),
        "the jars in {spark_jars_dir} are not complete or do not fit: remove the folder, ./startup.sh fetches it again, "
        "then {again}",
        is_permanent=True,
    ),
    Cause(
        re.compile(r"BindException: Cannot assign requested address|UnresolvedAddressException"),
        "LISTEN_HOST ({listen_host}) must be an address of this machine: correct it, " + _RESTART,
        is_permanent=True,
    ),
    Cause(
        re.compile(r"UnknownHostException"),
        "this machine cannot resolve this name: correct the host in .env or in /etc/hosts, " + _RESTART,
    ),
    Cause(re.compile(r"BindException"), "another program holds Spark's ports: stop it, then {again}"),
    Cause(
        re.compile(r"Master must either|Could not parse Master URL|Invalid master URL"),
        "SPARK_MASTER ({spark_master}) must be local[*] or spark://HOST:PORT: correct it, " + _RESTART,
        is_permanent=True,
    ),
    Cause(
        re.compile(r"All masters are unresponsive|Failed to connect to master|Master removed our application"),
        "look at the Spark master ({spark_master}) and its workers, then {again}",
    ),
    Cause(
        re.compile(r"ExecutorLostFailure|Lost executor \d|Command exited with code 137"),
        "look at Spark's workers: an executor ended, most often for want of memory; then {again}",
    ),
)
"""In the order of preference: a full disk also looks like too little memory, and a missing jar like many things."""

CLEAR: Final = "clear this task"
UNSTARTED: Final = "spark-submit cannot be started ({}): run ./startup.sh install, then {}"


@dataclass(frozen=True, slots=True)
class Failure:
    """The message for the operator: cause and remedy, perhaps with a list below; permanent ones are not retried."""

    message: str
    is_permanent: bool = False


class SparkOutput:
    """What spark-submit prints, read line by line; only what may explain a failure is kept."""

    def __init__(self) -> None:
        self._reported: list[str] = []
        self._found: tuple[int, str] | None = None
        self._exception, self._last = "", ""

    @property
    def reported(self) -> str:
        """What the job itself printed about its failure; empty when it printed nothing."""
        return "\n".join(self._reported)

    def read(self, lines: Iterable[str]) -> Iterator[str]:
        """The same lines, as they come."""
        for line in lines:
            self._keep(one_line(line.rstrip().expandtabs()))
            yield line

    def explain(self, exit_code: int, settings: Settings, again: str = CLEAR) -> Failure:
        """Why it ended with `exit_code`; negative: the signal that ended it. `again` is how the operator retries.

        The job's own message comes first, unless it only repeats Spark's; then a signal, then the first cause in the table.
        """
        reported = _FAILED.match(self._reported[0]) if self._reported else None
        found = (_rank(self._reported[0]) if reported else None) or self._found
        if reported and not (reported["in_spark"] and found):
            return Failure(self.reported, is_permanent=bool(reported["is_permanent"]))
        if (number := -exit_code if exit_code < 0 else exit_code - _BY_SHELL) in set(Signals):
            return _explain_signal(number, settings, again)
        if found:
            cause, line = _CAUSES[found[0]], found[1]
            return Failure(f"Spark failed: {_shorten(line)}; {_fill(cause.remedy, settings, again)}", cause.is_permanent)
        line = self._exception or self._last or "it printed nothing"
        return Failure(f"Spark failed (exit code {exit_code}): {_shorten(line)}; look at the log above, then {again}")

    def _keep(self, line: str) -> None:
        if _FAILED.match(line) or (self._reported and line.startswith("- ")):
            self._reported.append(line)
        if (found := _rank(line)) and (self._found is None or found[0] < self._found[0]):
            self._found = found
        if line and not line[0].isspace():
            self._last = line
            if _EXCEPTION.match(line) and not _CALLED.search(line):
                self._exception = line


def _rank(line: str) -> tuple[int, str] | None:
    """The position of a line's cause in the table, and the line."""
    return next(((rank, line) for rank, cause in enumerate(_CAUSES) if cause.line.search(line)), None)


def _explain_signal(number: int, settings: Settings, again: str) -> Failure:
    name = Signals(number).name
    if number == Signals.SIGKILL:
        why = f"most likely by the kernel, for memory: free some, or lower SPARK_DRIVER_MEMORY ({settings.spark_driver_memory})"
        return Failure(f"Spark was killed ({name}), {why}, then {again}")
    if number in _KILLED:
        return Failure(f"Spark was stopped ({name}) by someone or by the end of the stack: {again}")
    return Failure(f"Spark crashed ({name}): look at the log above and for a file hs_err_pid*.log, then {again}")


def _shorten(line: str) -> str:
    plain = _DECORATION.sub("", line.strip())
    return plain if len(plain) <= _MAX_CHARS else f"{plain[:_MAX_CHARS]}…"


def _fill(remedy: str, settings: Settings, again: str) -> str:
    return remedy.format(
        again=again, temporary=gettempdir(), jobs=JOBS, spark_jars_dir=settings.spark_jars_dir, **settings.model_dump()
    )
