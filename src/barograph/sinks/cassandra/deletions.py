"""Deleting cells that an attempt asked for and that hold nothing any more, beating every older attempt."""

from collections.abc import Sequence
from typing import Final

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent_with_args

from barograph.store.schema import column_of

CONCURRENCY: Final = 64


def delete_cells(
    session: Session, table: str, key_columns: Sequence[str], variables: Sequence[str], rows: Sequence[Sequence[object]]
) -> int:
    """Delete `variables` in each of `rows` (write timestamp in µs, then one value per key column); returns how many.

    `rows` are a page in memory: the driver takes the next one in the thread that reads its answers, which must not
    wait for anything. Only these columns go: what other attempts wrote in other columns of the row stays.
    """
    where = " AND ".join(f"{column} = ?" for column in key_columns)
    delete = session.prepare(f"DELETE {', '.join(map(column_of, variables))} FROM {table} USING TIMESTAMP ? WHERE {where}")
    results = execute_concurrent_with_args(
        session, delete, rows, concurrency=CONCURRENCY, raise_on_first_error=True, results_generator=True
    )
    return sum(1 for _ in results)
