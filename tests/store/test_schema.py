import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace

import pytest
from cassandra.cluster import Session

from barograph.errors import StoreUnavailable
from barograph.model.variables import all_variables
from barograph.settings import Settings
from barograph.store.drift import expected_tables
from barograph.store.schema import SchemaDrift, add_columns, check_schema, create_schema
from tests.store.cassandra_fake import FakeSession, Rows, rows

SETTINGS = Settings(cassandra_keyspace="weather", hourly_sink_table="hours", daily_sink_table="days")


def created() -> list[str]:
    """The statements that make the schema."""
    session = FakeSession()
    create_schema(session.as_session(), SETTINGS)
    return session.statements


def test_every_table_is_made_in_the_keyspace_of_the_settings() -> None:
    names = [
        found for statement in created() for found in re.findall(r"^CREATE (?:KEYSPACE|TABLE) IF NOT EXISTS ([\w.]+)", statement)
    ]
    assert names == [
        *("weather", "weather.hours", "weather.days", "weather.instantdata", "weather.locations"),
        *("weather.version_clock", "weather.ingest_ledger", "weather.ledger_months", "weather.attempts_by_window"),
        *("weather.quarantine", "weather.quarantine_days", "weather.api_usage"),
        *("weather.produce_generations", "weather.generation_attempts", "weather.location_lists"),
        "weather.unserved_locations",
    ]


@pytest.mark.parametrize(("datacenter", "copies"), [("", "'replication_factor': 3"), ("berlin-1", "'berlin-1': 3")])
def test_keyspace_keeps_as_many_copies_in_each_datacenter_or_in_the_one_of_the_settings(datacenter: str, copies: str) -> None:
    session = FakeSession()
    create_schema(session.as_session(), Settings(cassandra_replicas=3, cassandra_datacenter=datacenter))
    assert f"replication = {{'class': 'NetworkTopologyStrategy', {copies}}}" in session.statements[0]


def test_making_the_schema_again_changes_nothing() -> None:
    assert [statement for statement in created() if "IF NOT EXISTS" not in statement] == []


def test_every_statement_is_one_statement_without_a_gap() -> None:
    assert [statement for statement in created() if statement.strip().count(";") != 1 or re.search(r"[{]\w+[}]", statement)] == []


def test_every_type_of_the_variables_file_has_a_column_type() -> None:
    assert {variable.type for variable in all_variables().values()} == {"double", "int", "timestamp"}  # CQL's own names


def test_new_variables_become_columns_in_one_change() -> None:
    session = FakeSession([rows({"column_name": "rain", "type": "double"})])
    names = ["rain", "weather_code", "showers"]
    assert add_columns(session.as_session(), SETTINGS, "hourly", names) == ["weather_code", "showers"]
    assert session.statements[1:] == ["ALTER TABLE weather.hours ADD IF NOT EXISTS (weather_code int, showers double)"]


def test_a_daily_sunrise_becomes_a_timestamp_of_the_daily_table() -> None:
    session = FakeSession([rows({"column_name": "date", "type": "date"})])
    add_columns(session.as_session(), SETTINGS, "daily", ["sunrise"])
    assert session.statements[1:] == ["ALTER TABLE weather.days ADD IF NOT EXISTS (sunrise timestamp)"]


def test_a_column_of_another_type_is_refused() -> None:
    session = FakeSession([rows({"column_name": "rain", "type": "int"})])
    with pytest.raises(SchemaDrift, match=r"column hours\.rain is int, the variables file says double: a type never changes"):
        add_columns(session.as_session(), SETTINGS, "hourly", ["showers", "rain"])
    assert len(session.statements) == 1  # nothing was added either


@pytest.mark.parametrize(
    "change", [lambda one: create_schema(one, SETTINGS), lambda one: add_columns(one, SETTINGS, "hourly", ["rain"])]
)
def test_nodes_that_do_not_agree_on_the_schema_are_waited_for(change: Callable[[Session], object]) -> None:
    disagreed = Rows()
    disagreed.response_future = SimpleNamespace(is_schema_agreed=False)
    with pytest.raises(StoreUnavailable, match=r"nodes do not agree on the schema after: (?s:.*): try again"):
        change(FakeSession([rows({"column_name": "time", "type": "timestamp"}), disagreed, disagreed]).as_session())


def column_rows(changes: Mapping[tuple[str, str], tuple[str, str] | None]) -> Rows:
    """The columns as schema.cql makes them, with some of another type and place, or gone (None)."""
    found: list[dict[str, object]] = []
    for table, columns in expected_tables(SETTINGS).items():
        for name, as_made in columns.items():
            if there := changes.get((table, name), as_made):
                kind, _, position = there[1].partition(" ")
                found.append({"table_name": table, "column_name": name, "type": there[0], "kind": kind, "position": position})
    return rows(*found)


def test_tables_as_they_were_made_pass() -> None:
    check_schema(FakeSession([column_rows({})]).as_session(), SETTINGS)


def test_every_difference_is_named_at_once() -> None:
    changes = {
        ("hours", "time"): ("date", "clustering 0"),
        ("days", "source"): ("text", "clustering 0"),
        ("quarantine", "record_key"): None,
        **{("ingest_ledger", name): None for name in expected_tables(SETTINGS)["ingest_ledger"]},
    }
    with pytest.raises(SchemaDrift) as caught:
        check_schema(FakeSession([column_rows(changes)]).as_session(), SETTINGS)
    differences = [
        "column weather.hours.time is date clustering 0, not timestamp clustering 0",
        "column weather.days.source is text clustering 0, not text partition_key 1",
        "table weather.ingest_ledger is missing",
        "column weather.quarantine.record_key is missing",
    ]
    assert f"Cassandra is not as barograph made it: {'; '.join(differences)}. `barograph init` makes" in str(caught.value)


def test_a_missing_keyspace_is_refused() -> None:
    with pytest.raises(SchemaDrift, match="keyspace weather is missing"):
        check_schema(FakeSession().as_session(), SETTINGS)


def test_hours_are_kept_by_year_so_that_no_partition_grows_for_ever() -> None:
    keys = [name for name, (_, place) in expected_tables(SETTINGS)["hours"].items() if place.startswith("partition_key")]
    assert keys == ["location_id", "source", "year"]


def test_a_missing_table_is_refused() -> None:
    with pytest.raises(SchemaDrift, match=r"table weather\.hours is missing: run `barograph init`"):
        add_columns(FakeSession().as_session(), SETTINGS, "hourly", ["rain"])
