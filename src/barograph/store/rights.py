"""What each role may do in the keyspace: what its kind of process needs, and nothing else."""

from collections.abc import Mapping
from typing import Final

from cassandra import Unauthorized
from cassandra.cluster import Session

from barograph.model.resolution import RESOLUTIONS
from barograph.settings import Settings

READ: Final = ("SELECT ON KEYSPACE {keyspace}",)

RIGHTS: Final[Mapping[str, tuple[str, ...]]] = {
    "loader": (
        "SELECT, MODIFY ON KEYSPACE {keyspace}",
        *(f"ALTER ON TABLE {{keyspace}}.{{{resolution}_sink_table}}" for resolution in RESOLUTIONS),
    ),
    "pages": READ,
    "explorer": READ,
}
"""By role. ALTER adds the column of a variable at its first load; it is granted for the tables of observations alone."""


def grant_rights(session: Session, settings: Settings) -> None:
    """Grant the roles of RIGHTS that are there what they lack, as a superuser; any other login changes nothing.

    Nothing is taken away, so what was granted by hand stays.
    """
    if not settings.cassandra_username or not _has_rights_to_grant(session):
        return
    roles = {row.role: row.super for row in session.execute("LIST ROLES")}  # a superuser sees all, others their own
    if not roles.get(settings.cassandra_username):
        return
    tables = {f"{resolution}_sink_table": settings.sink_table(resolution) for resolution in RESOLUTIONS}
    for role in RIGHTS.keys() & roles.keys():
        for right in RIGHTS[role]:
            session.execute(f"GRANT {right.format(keyspace=settings.cassandra_keyspace, **tables)} TO {role}")


def _has_rights_to_grant(session: Session) -> bool:
    """Whether the nodes are configured to know rights, as far as this login may see that: a superuser may."""
    try:
        found = session.execute("SELECT value FROM system_views.settings WHERE name = 'authorizer'").one()
    except Unauthorized:
        return False
    return bool(found and found.value) and not found.value.endswith("AllowAllAuthorizer")
