"""Deleting cells that an attempt asked for and that hold nothing any more, beating every older attempt."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from barograph.store.queries import Queries
from barograph.store.schema import column_of

PAGE: Final = 1000
"""Rows taken at once: they come from Spark, which must not be asked within the driver's own thread."""


def delete_cells(
    queries: Queries, table: str, key_columns: Sequence[str], variables: Sequence[str], rows: Iterable[Sequence[object]]
) -> int:
    """Delete `variables` in each of `rows` (write timestamp in µs, then one value per key column); returns how many.

    Only these columns go: what other attempts wrote in other columns of the row stays.
    """
    where = " AND ".join(f"{column} = ?" for column in key_columns)
    delete = f"DELETE {', '.join(map(column_of, variables))} FROM {table} USING TIMESTAMP ? WHERE {where}"
    return sum(queries.write_each(delete, page) for page in _pages(iter(rows)))


def _pages(rows: Iterator[Sequence[object]]) -> Iterator[list[Sequence[object]]]:
    while page := list(islice(rows, PAGE)):
        yield page
