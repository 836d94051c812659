"""The programs that spark-submit runs: arguments in, one summary line out, or one error line and exit code 1."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from barograph.errors import BarographError, Permanent
from barograph.loading.audit import audit_attempts
from barograph.loading.batch import LoadContext
from barograph.loading.java_errors import describe
from barograph.loading.load import load_attempts, load_siblings
from barograph.loading.replay import replay_quarantine
from barograph.loading.session import start_session
from barograph.loading.watchdog import watched
from barograph.model.quarantine import SELECTORS, Selection
from barograph.settings import get_settings
from barograph.store.store import open_store


def main_load() -> None:
    """Land the attempts listed in `--attempts-from FILE`, an id a line; exits 1 when they did not all land."""
    parser = argparse.ArgumentParser(description="Land attempts from Kafka in Cassandra.")
    parser.add_argument("--attempts-from", required=True, type=Path, help="a file of attempt ids, one a line")
    listed: Path = parser.parse_args().attempts_from
    attempt_ids = listed.read_text(encoding="utf-8").split()
    run_job("load", lambda services: _load(attempt_ids, services))


def _load(attempt_ids: Sequence[str], services: LoadContext) -> str:
    line = load_attempts(attempt_ids, services)
    load_siblings(attempt_ids, services)
    return line


def main_replay() -> None:
    """Replay what `--source`, `--resolution`, `--reason`, `--attempt-id` and `--ids` select; exits 1 when nothing could land."""
    parser = argparse.ArgumentParser(description="Land quarantined records at their original version.")
    for name in SELECTORS:
        parser.add_argument(f"--{name.replace('_', '-')}")
    texts = vars(parser.parse_args())
    run_job("replay", lambda services: replay_quarantine(Selection.from_texts(texts), services))


def main_audit() -> None:
    """Audit what was committed in the last `--days` days; exits 1 when anything was lost, or nothing was compared."""
    parser = argparse.ArgumentParser(description="Compare committed attempts with the tables.")
    parser.add_argument("--days", type=int, required=True, help="attempts committed in the last so many days")
    parser.add_argument("--source", help="only attempts at this source")
    parser.add_argument("--deep", action="store_true", help="compare with the Kafka records too, while they are kept")
    given = parser.parse_args()
    run_job("audit", lambda services: audit_attempts(services, given.days, deep=given.deep, source=given.source))


def run_job(name: str, work: Callable[[LoadContext], str]) -> None:
    """Do `work` with Spark and Cassandra, print the line it returns; an error is one line, and exit code 1."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    for chatty in ("py4j", "cassandra"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    settings = get_settings()
    spark = start_session(settings)
    try:
        with watched(spark, name), open_store(settings) as store:
            line = work(LoadContext(spark, store, settings))
        logging.info("peak memory: driver JVM %d MiB, its Python %d MiB", peak_mib(os.getppid()), peak_mib(os.getpid()))
        print(line, flush=True)
    except Permanent as error:
        sys.exit(f"barograph: {name} failed permanently: {error}")
    except BarographError as error:
        sys.exit(f"barograph: {name} failed: {error}")
    except Py4JJavaError as error:
        sys.exit(f"barograph: {name} failed in Spark: {describe(error)}; then clear the {name} task")
    except PySparkException as error:
        sys.exit(f"barograph: {name} failed in Spark: {str(error).splitlines()[0]}; clear the {name} task")
    finally:
        spark.stop()


def peak_mib(pid: int) -> int:
    """The most memory (RSS) that process `pid` ever held, in MiB. Source: proc_pid_status(5), VmHWM in KiB."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmHWM"].split()[0]) // 1024
