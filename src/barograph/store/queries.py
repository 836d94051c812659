"""How the control plane talks to Cassandra: one session, one keyspace, each statement prepared once."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from cassandra import ConsistencyLevel
from cassandra.cluster import ResultSet, Session
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.query import PreparedStatement

CONCURRENCY: Final = 64
TABLE: Final = re.compile(r"\b(FROM|INTO|UPDATE) (\w+)\b(?!\.)")


class Queries:
    """Runs statements that name tables without their keyspace, and bind every value."""

    def __init__(self, session: Session, keyspace: str) -> None:
        self._session, self._keyspace = session, keyspace
        self._prepared: dict[str, PreparedStatement] = {}

    def run(self, statement: str, *values: object) -> ResultSet:
        """Run `statement` with `values` for its marks; further pages are fetched while the result is read."""
        return self._session.execute(self.prepare(statement), values)

    def read_serial(self, statement: str, *values: object) -> ResultSet:
        """Read at LOCAL_SERIAL, so that an undecided compare-and-set is decided first."""
        bound = self.prepare(statement).bind(values)
        bound.consistency_level = ConsistencyLevel.LOCAL_SERIAL
        return self._session.execute(bound)

    def run_each(self, statement: str, rows: Iterable[Sequence[object]]) -> Iterator[ResultSet]:
        """Run `statement` for each of `rows`, some at once; the results in order, each let go when the next is taken."""
        for _, result in execute_concurrent_with_args(
            self._session,
            self.prepare(statement),
            rows,
            concurrency=CONCURRENCY,
            raise_on_first_error=True,
            results_generator=True,
        ):
            yield result

    def write_each(self, statement: str, rows: Iterable[Sequence[object]]) -> int:
        """As `run_each`, for statements that answer nothing; how many were run."""
        return sum(1 for _ in self.run_each(statement, rows))

    def pages(self, select: str, size: int) -> Iterator[list[dict[str, Any]]]:
        """The rows of a whole table, `size` at a time, each by the names of its columns."""
        bound = self.prepare(select).bind(())
        bound.fetch_size = size
        rows = (row._asdict() for row in self._session.execute(bound))  # a result begins its page again whenever it is iterated
        while page := list(islice(rows, size)):
            yield page

    def change_schema(self, statement: str) -> None:
        """Run `statement`, which names the keyspace; statements prepared before are forgotten."""
        self._session.execute(statement)
        self._prepared.clear()

    def qualify(self, statement: str) -> str:
        """`statement` with the keyspace before the names of its tables; one that has a keyspace keeps it."""
        return TABLE.sub(rf"\1 {self._keyspace}.\2", statement)

    def prepare(self, statement: str) -> PreparedStatement:
        """`statement` prepared, the first time by Cassandra; raises what the driver raises where it does not fit the tables."""
        if statement not in self._prepared:
            self._prepared[statement] = self._session.prepare(self.qualify(statement))
        return self._prepared[statement]
