import re

import pytest

from barograph.model.variables import all_variables
from barograph.settings import Settings
from barograph.store.schema import CQL_TYPES, SchemaDrift, add_columns, create_schema
from tests.store.cassandra_fake import FakeSession, rows

SETTINGS = Settings(cassandra_keyspace="weather", hourly_sink_table="hours", daily_sink_table="days")


def created() -> list[str]:
    """The statements that make the schema."""
    session = FakeSession()
    create_schema(session.as_session(), SETTINGS)
    return session.statements


def test_every_table_is_made_in_the_keyspace_of_the_settings() -> None:
    names = [found for statement in created() for found in re.findall(r"^CREATE \w+ IF NOT EXISTS ([\w.]+)", statement)]
    assert names == [
        *("weather", "weather.hours", "weather.days", "weather.locations"),
        *("weather.version_clock", "weather.ingest_ledger", "weather.quarantine"),
        *("weather.api_usage", "weather.produce_rounds", "weather.location_lists"),
    ]


def test_making_the_schema_again_changes_nothing() -> None:
    assert [statement for statement in created() if "IF NOT EXISTS" not in statement] == []


def test_every_statement_is_one_statement_without_a_gap() -> None:
    assert [statement for statement in created() if statement.strip().count(";") != 1 or re.search(r"[{]\w+[}]", statement)] == []


def test_every_type_of_the_variables_file_has_a_column_type() -> None:
    assert {variable.type for variable in all_variables().values()} <= set(CQL_TYPES)


def test_a_new_variable_becomes_a_column() -> None:
    session = FakeSession([rows({"column_name": "rain", "type": "double"})])
    assert add_columns(session.as_session(), SETTINGS, "hourly", ["rain", "weather_code"]) == ["weather_code"]
    assert session.statements[1:] == ["ALTER TABLE weather.hours ADD IF NOT EXISTS weather_code int"]


def test_a_daily_sunrise_becomes_a_timestamp_of_the_daily_table() -> None:
    session = FakeSession([rows({"column_name": "date", "type": "date"})])
    add_columns(session.as_session(), SETTINGS, "daily", ["sunrise"])
    assert session.statements[1:] == ["ALTER TABLE weather.days ADD IF NOT EXISTS sunrise timestamp"]


def test_a_column_of_another_type_is_refused() -> None:
    session = FakeSession([rows({"column_name": "rain", "type": "int"})])
    with pytest.raises(SchemaDrift, match=r"column hours\.rain is int, the variables file says double: a type never changes"):
        add_columns(session.as_session(), SETTINGS, "hourly", ["rain"])


def test_a_missing_table_is_refused() -> None:
    with pytest.raises(SchemaDrift, match=r"table weather\.hours is missing: run `barograph init`"):
        add_columns(FakeSession().as_session(), SETTINGS, "hourly", ["rain"])
