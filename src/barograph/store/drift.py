"""What the tables must look like, read from schema.cql, and how those in Cassandra differ."""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from cassandra.cluster import Session

from barograph.model.resolution import RESOLUTIONS
from barograph.settings import Settings

Columns = Mapping[str, tuple[str, str]]
"""By name, each column's type and place as Cassandra writes them: ("text", "partition_key 0"); ("double", "regular")."""

LEDGER: Final = "ingest_ledger"
LEDGER_COPY: Final = "ingest_ledger_migrating"
"""Holds the ledger while a store of an earlier release is migrated."""

PLACES: Final = ("partition_key", "clustering")


def schema_statements(settings: Settings) -> list[str]:
    """The statements of schema.cql for the names of `settings`, in order."""
    text = files("barograph.store").joinpath("schema.cql").read_text(encoding="utf-8")
    names = {name: getattr(settings, name) for name in (f"{resolution}_sink_table" for resolution in RESOLUTIONS)}
    values = {"keyspace": settings.cassandra_keyspace, "replication": _replication(settings), **names}
    return [statement.format(**values) for statement in text.split("\n\n")[1:]]


def expected_tables(settings: Settings) -> Mapping[str, Columns]:
    """By table, the columns that schema.cql gives it; sink tables may have more, one for each variable."""
    tables: dict[str, dict[str, tuple[str, str]]] = {}
    for statement in schema_statements(settings):
        if created := re.match(r"(?:CREATE|ALTER) TABLE (?:IF NOT EXISTS )?\w+\.(\w+)", statement):
            body = re.split(r"(?<=\))\s+WITH ", statement[created.end() :])[0].replace("ADD IF NOT EXISTS", "").strip("; \n")
            tables.setdefault(created[1], {}).update(_columns(body[1:-1] if body.startswith("(") else body))
    return tables


def find_drift(session: Session, settings: Settings) -> list[str]:
    """What is missing in the keyspace, or has another type or place in the key than schema.cql says."""
    rows = session.execute(
        "SELECT table_name, column_name, type, kind, position FROM system_schema.columns WHERE keyspace_name = %s",
        (settings.cassandra_keyspace,),
    )
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for row in rows:
        place = f"{row.kind} {row.position}" if row.kind in PLACES else row.kind
        found.setdefault(row.table_name, {})[row.column_name] = (row.type, place)
    if not found:
        return [f"keyspace {settings.cassandra_keyspace} is missing"]
    differences = []
    for table, columns in expected_tables(settings).items():
        name = f"{settings.cassandra_keyspace}.{table}"
        if table not in found:
            differences.append(f"table {name} is missing")
            continue
        for column, wanted in columns.items():
            there = found[table].get(column)
            if there is None:
                differences.append(f"column {name}.{column} is missing")
            elif there != wanted:
                differences.append(f"column {name}.{column} is {' '.join(there)}, not {' '.join(wanted)}")
    return differences


def is_migration_unfinished(session: Session, settings: Settings) -> bool:
    """Whether the ledger is that of an earlier release, or is being copied from it; see `migration`."""
    rows = session.execute(
        "SELECT table_name, column_name FROM system_schema.columns WHERE keyspace_name = %s AND table_name IN (%s, %s)",
        (settings.cassandra_keyspace, LEDGER, LEDGER_COPY),
    )
    columns = {(row.table_name, row.column_name) for row in rows}
    is_old = any(table == LEDGER for table, _ in columns) and (LEDGER, "month") not in columns
    return is_old or any(table == LEDGER_COPY for table, _ in columns)


def _replication(settings: Settings) -> str:
    """As many copies in every datacenter, or in the one of the settings alone."""
    copies = {settings.cassandra_datacenter or "replication_factor": settings.cassandra_replicas}
    return str({"class": "NetworkTopologyStrategy", **copies})


def _columns(body: str) -> Columns:
    types: dict[str, str] = {}
    keys: dict[str, str] = {}
    for part in _split(body):
        if key := re.fullmatch(r"PRIMARY KEY \((.*)\)", part):
            keys = _places(key[1])
            continue
        name, _, cql_type = part.partition(" ")
        types[name.strip('"')] = cql_type.removesuffix(" PRIMARY KEY")
        if cql_type.endswith(" PRIMARY KEY"):
            keys = {name: "partition_key 0"}
    return {name: (cql_type, keys.get(name, "regular")) for name, cql_type in types.items()}


def _split(body: str) -> list[str]:
    """The parts of `body` between commas that stand in no bracket."""
    parts, depth = [""], 0
    for letter in body:
        depth += (letter in "<(") - (letter in ">)")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _places(key: str) -> dict[str, str]:
    """By column, its place in a primary key such as `(source, resolution), version`."""
    first, _, rest = key.partition(")") if key.startswith("(") else key.partition(",")
    sides = ([name.strip(' ("') for name in side.split(",") if name.strip()] for side in (first, rest))
    return {name: f"{place} {n}" for place, names in zip(PLACES, sides, strict=True) for n, name in enumerate(names)}
