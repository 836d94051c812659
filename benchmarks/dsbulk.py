"""DSBulk, the bulk loader that people would take: its jars, its command, and what it says of itself."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from barograph.settings import Settings
from benchmarks.processes import ProgramFailed
from stack.jars import fetch_jars
from stack.settings import REPOSITORY

POM: Final = REPOSITORY / "benchmarks/pom.xml"
PROFILES: Final = ("dsbulk",)

VARIANTS: Final[Mapping[str, Mapping[str, str]]] = {
    "DSBulk default": {},
    "DSBulk batches of 128": {"batch.maxBatchStatements": "128"},
    "DSBulk batches of 256": {"batch.maxBatchStatements": "256", "batch.bufferSize": "1024"},
    "DSBulk batches of 32 KiB": {"batch.maxBatchStatements": "-1", "batch.maxSizeInBytes": "32768", "batch.bufferSize": "1024"},
    "DSBulk no batches": {"batch.mode": "DISABLED"},
}
"""Settings beside the defaults (batches by partition key, 32 statements). The best of them counts."""
SLOWER: Final = ("DSBulk no batches",)
"""Takes twice as long as the others: one round shows that it still does."""


def fetch(jars_dir: Path) -> Path:
    """The folder of DSBulk's jars, fetched once.

    Raises:
        StackError: Maven failed, or a jar is not the pinned one.
    """
    fetch_jars(jars_dir, POM, PROFILES)
    return jars_dir / "dsbulk"


def load_command(jars: Path, csv: Path, table: str, settings: Settings, options: Mapping[str, str], logs: Path) -> list[str]:
    """Load `csv` into `table`, with the heap that Spark's driver has."""
    fixed = {
        "connector.csv.url": str(csv),
        "schema.keyspace": settings.cassandra_keyspace,
        "schema.table": table,
        "log.directory": str(logs),
    }
    arguments = [part for name, value in {**fixed, **options}.items() for part in (f"--dsbulk.{name}", value)]
    arguments += ["-h", settings.cassandra_host, "-port", str(settings.cassandra_port)]
    java = ["java", f"-Xmx{settings.spark_driver_memory}", "-cp", f"{jars}/*"]
    return [*java, "com.datastax.oss.dsbulk.runner.DataStaxBulkLoader", "load", *arguments]


def read_output(said: str, rows: int) -> dict[str, float]:
    """What DSBulk says of a load: `engine`, its own seconds without the start of the JVM, by the mean rate it prints last.

    Raises:
        ProgramFailed: not all rows are in.
    """
    totals = re.findall(r"^\s*([\d,]+) \|\s*([\d,]+) \|\s*([\d,]+) \|", said, re.MULTILINE)
    total, failed, rate = (int(part.replace(",", "")) for part in totals[-1]) if totals else (0, 0, 0)
    if total != rows or failed or not rate:
        raise ProgramFailed(f"DSBulk loaded {total} of {rows} rows, {failed} failed:\n{said[-1500:]}")
    return {"engine": total / rate}
