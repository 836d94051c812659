"""Tables: made once, and widened by a column whenever a new variable is asked for."""

from collections.abc import Iterable

from cassandra.cluster import Session

from barograph.errors import Permanent, StoreUnavailable
from barograph.model.resolution import Resolution
from barograph.model.variables import get_variable
from barograph.settings import Settings
from barograph.store.drift import find_drift, schema_statements


class SchemaDrift(Permanent):
    """A table is not what barograph made: drop the named column or table, then clear the task."""


def column_of(variable: str) -> str:
    """The column of a variable as CQL writes it: quoted where the name has capitals."""
    return variable if variable.islower() else f'"{variable}"'


def create_schema(session: Session, settings: Settings) -> None:
    """Create keyspace and tables that are not there yet, and wait until all nodes know them.

    Raises:
        StoreUnavailable: the nodes do not agree on the schema.
    """
    for statement in schema_statements(settings):
        _change(session, statement)


def check_schema(session: Session, settings: Settings) -> None:
    """Refuse to work with tables that are not what schema.cql makes.

    Raises:
        SchemaDrift: lists every difference.
    """
    if differences := find_drift(session, settings):
        raise SchemaDrift(
            f"Cassandra is not as barograph made it: {'; '.join(differences)}. "
            "`barograph init` makes what is missing; drop what has another type first"
        )


def _change(session: Session, statement: str) -> None:
    """Run a statement that changes the schema; the driver waits ten seconds for the nodes to agree."""
    if not session.execute(statement).response_future.is_schema_agreed:
        raise StoreUnavailable(f"Cassandra's nodes do not agree on the schema after: {statement.strip()[:100]}: try again")


def add_columns(session: Session, settings: Settings, resolution: Resolution, variables: Iterable[str]) -> list[str]:
    """Add the columns of `variables` that the table does not have yet; returns those it added.

    Raises:
        SchemaDrift: the table is missing, or has such a column with another type.
        StoreUnavailable: the nodes do not agree on the schema.
    """
    table = settings.sink_table(resolution)
    rows = session.execute(
        "SELECT column_name, type FROM system_schema.columns WHERE keyspace_name = %s AND table_name = %s",
        (settings.cassandra_keyspace, table),
    )
    types = {row.column_name: row.type for row in rows}
    if not types:
        raise SchemaDrift(f"table {settings.cassandra_keyspace}.{table} is missing: run `barograph init`")
    wanted = {name: get_variable(name, resolution).type for name in variables}
    for name, cql_type in wanted.items():
        if types.get(name, cql_type) != cql_type:
            raise SchemaDrift(f"column {table}.{name} is {types[name]}, the variables file says {cql_type}: a type never changes")
    added = [name for name in wanted if name not in types]
    if added:  # all in one statement: all nodes must agree on each change of the schema
        columns = ", ".join(f"{column_of(name)} {wanted[name]}" for name in added)
        _change(session, f"ALTER TABLE {settings.cassandra_keyspace}.{table} ADD IF NOT EXISTS ({columns})")
    return added
