"""Which rights are granted, to whom, and when nothing is."""

from types import SimpleNamespace
from typing import Any

import pytest
from cassandra import Unauthorized
from pydantic import SecretStr

from barograph.settings import Settings
from barograph.store.rights import grant_rights

ROLES = {"admin": True, "loader": False, "pages": False, "mine": False}


class Session:
    """A node that knows these roles and remembers what was granted."""

    def __init__(self, roles: dict[str, bool], authorizer: str | None) -> None:
        self.granted: list[str] = []
        self._roles, self._authorizer = roles, authorizer

    def execute(self, statement: str) -> Any:  # noqa: ANN401  # as the driver's
        if statement.startswith("SELECT"):
            if self._authorizer == "refused":
                raise Unauthorized("no SELECT permission on <table system_views.settings>")
            return SimpleNamespace(one=lambda: SimpleNamespace(value=self._authorizer))
        if statement == "LIST ROLES":
            return [SimpleNamespace(role=role, super=is_super) for role, is_super in self._roles.items()]
        self.granted.append(statement)
        return None


def granted(username: str, authorizer: str | None = "CassandraAuthorizer") -> set[str]:
    session = Session(ROLES, authorizer)
    settings = Settings(cassandra_username=username, cassandra_password=SecretStr("x"), cassandra_keyspace="ks")
    grant_rights(session, settings)
    return set(session.granted)


def test_each_role_that_is_there_gets_what_it_needs() -> None:
    assert granted("admin") == {
        "GRANT SELECT, MODIFY ON KEYSPACE ks TO loader",
        "GRANT ALTER ON TABLE ks.hourlydata TO loader",
        "GRANT ALTER ON TABLE ks.dailydata TO loader",
        "GRANT ALTER ON TABLE ks.instantdata TO loader",
        "GRANT SELECT ON KEYSPACE ks TO pages",
    }


@pytest.mark.parametrize(
    ("username", "authorizer"),
    [
        ("", "CassandraAuthorizer"),
        ("mine", "CassandraAuthorizer"),
        ("admin", "org.apache.cassandra.auth.AllowAllAuthorizer"),
        ("admin", None),
        ("mine", "refused"),
    ],
    ids=["no login", "no superuser", "a cluster without rights", "a cluster that says nothing of rights", "may not see that"],
)
def test_nothing_is_granted_where_it_cannot_be(username: str, authorizer: str | None) -> None:
    assert granted(username, authorizer) == set()
