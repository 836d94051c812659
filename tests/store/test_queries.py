import pytest

from barograph.store.queries import Queries
from tests.store.cassandra_fake import FakeSession


@pytest.mark.parametrize(
    ("statement", "qualified"),
    [
        ("SELECT a FROM b WHERE c = ?", "SELECT a FROM weather.b WHERE c = ?"),
        ("INSERT INTO b (a) VALUES (?)", "INSERT INTO weather.b (a) VALUES (?)"),
        ("UPDATE b USING TIMESTAMP ? SET a = ?", "UPDATE weather.b USING TIMESTAMP ? SET a = ?"),
        ("DELETE a FROM b USING TIMESTAMP ?", "DELETE a FROM weather.b USING TIMESTAMP ?"),
        ("SELECT now() FROM system.local", "SELECT now() FROM system.local"),
        ("SELECT a FROM system_schema.columns", "SELECT a FROM system_schema.columns"),
    ],
)
def test_tables_are_those_of_the_keyspace(statement: str, qualified: str) -> None:
    session = FakeSession()
    Queries(session.as_session(), "weather").run(statement)
    assert session.statements == [qualified]


def test_a_statement_is_prepared_once() -> None:
    session = FakeSession()
    queries = Queries(session.as_session(), "weather")
    for value in range(3):
        queries.run("SELECT a FROM b WHERE c = ?", value)
    assert (session.prepared, len(session.statements)) == (1, 3)
