"""A session that keeps the statements it is given and answers from a list."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

from cassandra.cluster import Session


@dataclass
class Prepared:
    """A statement that is ready to be bound, or is bound."""

    query_string: str
    consistency_level: int | None = None

    def bind(self, _: Sequence[object]) -> "Prepared":
        """The same, of this execution."""
        return Prepared(self.query_string)


class Rows(list[SimpleNamespace]):
    """A result, as the driver gives it."""

    was_applied = True
    response_future = SimpleNamespace(is_schema_agreed=True)

    def one(self) -> SimpleNamespace | None:
        """The first row."""
        return self[0] if self else None


@dataclass
class FakeSession:
    """Answers each statement with the next of `answers` (errors are raised), then with no rows."""

    answers: list[Rows | Exception] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    levels: list[int | None] = field(default_factory=list)
    prepared: int = 0

    def execute(self, statement: object, parameters: Sequence[object] = ()) -> Rows:
        """Keep the statement and answer it."""
        self.levels.append(getattr(statement, "consistency_level", None))
        self.statements.append(str(getattr(statement, "query_string", statement)))
        answer = self.answers.pop(0) if self.answers else Rows()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def prepare(self, statement: str) -> "Prepared":
        """The statement as one that can be bound."""
        self.prepared += 1
        return Prepared(statement)

    def as_session(self) -> Session:
        """The same, by the driver's type."""
        return cast("Session", self)


def rows(*found: dict[str, object]) -> Rows:
    """A result of these rows."""
    return Rows(SimpleNamespace(**one) for one in found)


def applied(*, is_applied: bool) -> Rows:
    """The result of a compare-and-set."""
    result = Rows()
    result.was_applied = is_applied
    return result
