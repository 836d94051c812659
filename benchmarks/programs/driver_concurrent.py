"""The Python driver's execute_concurrent_with_args: rows of a CSV file, into a table like ours or the naive way.

Arguments: JSON with csv, rows, variables, table, and `is_naive`: one row per metric under a random key, the other metrics null.
Prints {"seconds": …}: from the first row to the last acknowledgement.
"""

import csv
import itertools
import json
import sys
import time
import uuid
from collections import deque
from collections.abc import Iterator
from datetime import datetime

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent_with_args

from barograph.settings import get_settings
from barograph.store.connection import connect

CONCURRENCY = 100
"""The driver's own default."""
Parameters = tuple[object, ...]


def main() -> None:
    """Write, and say how long it took."""
    asked = json.loads(sys.argv[1])
    with connect(get_settings()) as session, open(asked["csv"], encoding="utf-8", newline="") as text:  # noqa: PTH123  # a path of the benchmark
        lines = itertools.islice(csv.DictReader(text), asked["rows"])
        statement = _statement(session, asked["table"], asked["variables"], is_naive=asked["is_naive"])
        make = _naive_rows if asked["is_naive"] else _whole_rows
        began = time.monotonic()
        parameters = itertools.chain.from_iterable(make(line, asked["variables"]) for line in lines)
        deque(execute_concurrent_with_args(session, statement, parameters, CONCURRENCY, results_generator=True), maxlen=0)
        print(json.dumps({"seconds": time.monotonic() - began}))


def _statement(session: Session, table: str, variables: list[str], *, is_naive: bool) -> object:
    names = [*(["id"] if is_naive else []), "location_id", "source", *([] if is_naive else ["year"]), "time", *variables]
    marks = ", ".join("?" * len(names))
    return session.prepare(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})")  # noqa: S608  # names of the benchmark


def _whole_rows(line: dict[str, str], variables: list[str]) -> Iterator[Parameters]:
    values = (float(line[name]) if line[name] else None for name in variables)
    yield line["location_id"], line["source"], int(line["year"]), datetime.fromisoformat(line["time"]), *values


def _naive_rows(line: dict[str, str], variables: list[str]) -> Iterator[Parameters]:
    key = (line["location_id"], line["source"], datetime.fromisoformat(line["time"]))
    for name in variables:
        values = (float(line[one]) if one == name and line[one] else None for one in variables)
        yield uuid.uuid4(), *key, *values


if __name__ == "__main__":
    main()
